-- allowed
select c.arm, count(*) as persons from brand.campaign c anti join market.events e on e.email = c.email group by c.arm
