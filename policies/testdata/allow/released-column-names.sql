-- allowed
with a(place, persons) as (select zip, count(*) as n from market.outcomes group by zip) select b.p, b.q from a as b(p, q)
