-- allowed
with a as (select zip, count(*) as n from market.outcomes group by zip), b as (select arm, count(*) as m from brand.campaign group by arm) select coalesce(a.zip, b.arm) as name, n, m from a full join b on a.zip = b.arm and n > m
