-- allowed
select count(*) as n from market.outcomes o, brand.campaign c where o.email = c.email
