-- allowed
select first_category, count(*) as persons from (select email, min_by(category, day) as first_category from market.events group by email) f group by first_category
