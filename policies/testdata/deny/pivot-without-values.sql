-- denied: statement-is-one-select
pivot (select zip, count(*) as n from market.outcomes group by zip) on zip using sum(n)
