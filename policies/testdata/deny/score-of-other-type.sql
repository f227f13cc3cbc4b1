-- denied: types-match
select sum(isv.churn(zip, spend)) from market.outcomes
