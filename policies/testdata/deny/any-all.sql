-- denied: syntax-is-known
select n from (select count(*) as n from market.outcomes) s where n > all (select count(*) from brand.campaign)
