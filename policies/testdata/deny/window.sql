-- denied: syntax-is-known
select count(*) from market.outcomes where rank() over (order by visit) = 1
