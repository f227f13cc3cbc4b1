-- allowed
select count(*) as strangers from brand.campaign c left join market.outcomes o using (email) where o.email is null
