-- denied: syntax-is-known
select zip, sum(count(*)) over () from market.outcomes group by zip
