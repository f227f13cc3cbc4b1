-- denied: function-is-permitted
select sum(isv.chrun(visit, spend)) from market.outcomes
