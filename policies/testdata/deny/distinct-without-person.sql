-- denied: syntax-is-known
select count(*) from (select zip from market.outcomes union select category from market.events) s
