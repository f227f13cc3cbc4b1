-- allowed
select category, day, sum(n) as n, grouping(category, day) as level from (select category, day, count(*) as n from market.events group by category, day) e group by rollup (category, day)
