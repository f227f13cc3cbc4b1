-- allowed
select day, avg(n) over w as week from (select day, count(*) as n from market.events group by day) d window w as (order by day range between interval 6 days preceding and current row)
