-- allowed
select category, sum(amount) / count(distinct email) as a_person, 100 * count_if(amount > 50) / count(*) as percent from market.events group by category
