-- allowed
select n as orders, count(*) as persons from (select email, count(*) as n from market.events group by email) f group by n
