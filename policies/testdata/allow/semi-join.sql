-- allowed
select c.arm, count(*) as buyers from brand.campaign c semi join market.events e on e.email = c.email and e.category = 'shoes' group by c.arm
