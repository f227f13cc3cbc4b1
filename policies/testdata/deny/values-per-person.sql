-- denied: aggregate-is-permitted
select count(*) from (select email, string_agg(category) as all_of_them from market.events group by email) s
