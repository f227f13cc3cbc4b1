-- allowed
select sum(spend) as spend from market.outcomes
