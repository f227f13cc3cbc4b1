-- denied: syntax-is-known
select zip, count(*) from market.outcomes group by rollup (zip)
