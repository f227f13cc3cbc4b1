-- allowed
select distinct zip, count(*) as n from market.outcomes group by zip order by n desc nulls last limit 10 offset 5
