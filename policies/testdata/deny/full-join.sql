-- denied: syntax-is-known
select count(*) from market.outcomes o full join brand.campaign c using (email)
