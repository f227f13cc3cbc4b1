-- allowed
select category, day, count(*) as n from market.events group by category, day qualify row_number() over (partition by category order by count(*) desc, day) <= 3
