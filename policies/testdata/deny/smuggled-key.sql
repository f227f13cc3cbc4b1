-- denied: group-key-is-permitted
select m, count(*) from (select email, max(amount) as m from market.events group by email) s group by m
