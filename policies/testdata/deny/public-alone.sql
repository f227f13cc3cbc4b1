-- denied: syntax-is-known
select count(*) from market.catalogue
