-- denied: syntax-is-known
select count(*) from market.outcomes where visit = $1
