-- allowed
select c.arm, sum(e.amount) as amount from brand.campaign c join market.outcomes o using (email) join market.events e on e.email = o.email group by c.arm
