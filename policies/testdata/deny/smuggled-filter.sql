-- denied: filter-is-permitted
select count(*) from (select email, max(spend) as m from market.outcomes group by email) s where m > 100
