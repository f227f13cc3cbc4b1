-- allowed
select sum(case when visit = 1 then spend else 0 end) as spend from market.outcomes
