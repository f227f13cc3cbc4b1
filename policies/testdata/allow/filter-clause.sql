-- allowed
select count(distinct email) filter (where visit = 1) as visitors from market.outcomes
