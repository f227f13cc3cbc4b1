-- allowed
with again as (select email from market.events where category = 'bought' group by email having count(distinct day) >= 2) select c.arm, count(a.email) as again, count(*) as persons, count(a.email) / count(*) as rate from brand.campaign c left join again a using (email) group by c.arm
