-- denied: syntax-is-known
select count(*) from market.outcomes where visit > (select avg(visit) from market.outcomes)
