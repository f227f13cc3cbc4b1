-- denied: identity-stays-inside
select email, count(*) from market.events group by email
