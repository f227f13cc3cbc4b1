-- allowed
select category, avg(n) as orders_a_buyer, count(*) as buyers from (select email, category, count(*) as n from market.events group by email, category) b group by category
