-- denied: syntax-is-known
select count(*) from market.outcomes where spend > (select avg(spend) from market.outcomes)
