-- allowed
select p.department, sum(e.amount) as amount, avg(p.price) as price from market.events e join market.catalogue p on p.category = e.category group by p.department
