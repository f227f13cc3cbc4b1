-- allowed
select day, n - lag(n, 1, 0) over (order by day) as change, first_value(n ignore nulls) over (order by day) as start from (select day, count(*) as n from market.events group by day) d
