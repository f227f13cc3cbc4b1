-- denied: aggregate-is-permitted
select max(spend) from market.outcomes
