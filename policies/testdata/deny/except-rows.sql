-- denied: syntax-is-known
select count(*) from (select email from market.outcomes except select email from brand.campaign) s
