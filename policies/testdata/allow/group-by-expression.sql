-- allowed
select year(day) as y, count(*) as n from market.events group by y
