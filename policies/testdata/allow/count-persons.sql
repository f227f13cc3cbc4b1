-- allowed
select count(distinct email) as persons from market.outcomes
