-- denied: output-is-aggregated
select zip, visit from market.outcomes
