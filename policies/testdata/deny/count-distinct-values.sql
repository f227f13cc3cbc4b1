-- denied: aggregate-is-permitted
select count(distinct zip) from market.outcomes
