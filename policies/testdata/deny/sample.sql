-- denied: syntax-is-known
select count(*) from market.outcomes tablesample 10%
