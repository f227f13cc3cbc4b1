-- allowed
select count(*) as persons from (select email from market.outcomes union select email from market.events) everybody
