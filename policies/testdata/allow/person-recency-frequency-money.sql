-- allowed
with rfm as (select email, max(day) as last_day, count(*) as orders, sum(amount) as money from market.events group by email) select case when last_day >= date '2024-11-01' then 'recent' else 'past' end as recency, case when orders >= 5 then 'often' when orders >= 2 then 'again' else 'once' end as frequency, count(*) as persons, avg(money) as money from rfm group by all
