-- denied: syntax-is-known
select isv.tier(zip) over (), count(*) from market.outcomes group by zip
