-- denied: limit-is-after-release
select count(*) from (select email from market.outcomes limit 10) s
