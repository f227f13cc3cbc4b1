-- denied: syntax-is-known
select count(*) from market.outcomes o left join brand.campaign c using (email)
