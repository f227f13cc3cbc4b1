-- allowed
select date_trunc('month', day) as m, count(*) as n from market.events where day between '2024-01-01' and '2024-12-31' and extract(month from day) > 3 group by 1
