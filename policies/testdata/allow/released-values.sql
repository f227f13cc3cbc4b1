-- allowed
with a as (select zip, count(*) as n from market.outcomes group by zip) select coalesce(label, 'other') as label, sum(n) as n from a left join (values ('10', 'centre'), ('20', 'north')) names(code, label) on zip = code group by 1
