-- allowed
select zip, count(*) as n, rank() over (order by count(*) desc) as place from market.outcomes group by zip
