-- allowed
select zip, sum(isv.churn(visit, spend)) as churn from market.outcomes group by zip
