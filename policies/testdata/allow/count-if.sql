-- allowed
select count_if(visit = 1) as visits, count(spend) as paid from market.outcomes
