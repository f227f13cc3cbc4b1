-- allowed
select sum(clamp(spend / 3, 0, 100)) as third from market.outcomes
