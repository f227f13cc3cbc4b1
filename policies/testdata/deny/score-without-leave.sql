-- denied: function-is-permitted
select sum(isv.risk(spend)) from market.outcomes
