-- allowed
with a as (select zip, count(*) as n from market.outcomes group by zip), b as (select zip, sum(spend) as s from market.outcomes group by zip) select * from a left join b using (zip)
