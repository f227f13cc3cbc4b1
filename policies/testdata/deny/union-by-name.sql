-- denied: syntax-is-known
select count(*) as n from market.outcomes union by name select count(*) as n from brand.campaign
