-- allowed
select day + interval 30 day as due from (select day, count(*) as n from market.events group by day) d where day > date '2024-01-01' - interval '1 month 3 days'
