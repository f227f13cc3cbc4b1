-- allowed
with a as (select zip, count(*) as n from market.outcomes group by zip), b as (select arm, count(*) as m from brand.campaign group by arm) select zip, n from a where zip in (select arm from b) or not exists (select 1 from b where m > n)
