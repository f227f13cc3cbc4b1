-- allowed
select zip, count(*) / sum(count(*)) over () as share from market.outcomes group by zip
