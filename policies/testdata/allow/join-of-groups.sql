-- allowed
with a as (select zip, count(*) as n from market.outcomes group by zip), b as (select zip, count(*) as n from market.outcomes where visit = 1 group by zip) select a.zip, b.n / a.n as rate from a join b on a.zip = b.zip
