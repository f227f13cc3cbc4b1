-- allowed
select max(n) as largest, median(n) as middle from (select zip, count(*) as n from market.outcomes group by zip) s where n > 10
