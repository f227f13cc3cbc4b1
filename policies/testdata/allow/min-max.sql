-- allowed
select category, min(amount) as low, max(amount) as high from market.events group by category
