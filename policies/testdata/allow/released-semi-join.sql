-- allowed
with a as (select zip, count(*) as n from market.outcomes group by zip), b as (select category from market.events group by category) select zip, n from a anti join b on a.zip = b.category
