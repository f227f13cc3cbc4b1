-- denied: sum-is-bounded
select sum(spend / visit) from market.outcomes
