-- allowed
select category, count(*) as n from market.events group by category order by n desc limit 10
