-- allowed
select count(*) as n, sum(visit) / count(*) as rate from market.outcomes
