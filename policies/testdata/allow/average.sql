-- allowed
select avg(amount) as amount from market.events
