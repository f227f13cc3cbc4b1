-- denied: syntax-is-known
select count(*) from market.outcomes natural join brand.campaign
