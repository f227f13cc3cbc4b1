-- allowed
select c.arm, count(*) as persons, count(o.email) as known, sum(o.spend) as spend from brand.campaign c left join market.outcomes o on o.email = c.email and o.visit = 1 group by c.arm
