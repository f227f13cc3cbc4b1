-- allowed
select category, count(*) as persons from (select distinct email, category from market.events) s group by category
