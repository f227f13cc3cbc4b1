-- allowed
select zip, count(*) as n from market.outcomes group by zip having n > 100
