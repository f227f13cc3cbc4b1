-- denied: syntax-is-known
select count(*) from market.events a where exists (select 1 from market.events b where b.email = a.email and b.day > a.day)
