-- allowed
with a as (select zip, count(*) as n from market.outcomes group by zip) select zip, n, n / (select sum(n) from a) as share from a
