-- allowed
with contacts as (select email, zip as place, 1 as weight from market.outcomes union all select email, category, 2 from market.events) select place, count(*) as contacts, count(distinct email) as persons from contacts group by place
