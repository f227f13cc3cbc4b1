-- denied: syntax-is-known
select isv.steps(count(*)) from market.outcomes
