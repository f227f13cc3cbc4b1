-- denied: syntax-is-known
select count(*) from market.outcomes union all select count(*) from brand.campaign
