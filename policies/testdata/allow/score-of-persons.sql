-- allowed
select avg(isv.churn(n, spent)) as churn from (select email, count(*) as n, sum(amount) as spent from market.events group by email) as persons
