-- allowed
with a as (select zip, count(*) as n from market.outcomes group by zip) select zip, (select count(*) from a as larger where larger.n > a.n) + 1 as place from a
