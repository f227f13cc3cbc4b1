-- allowed
select c.arm, count(*) as persons from brand.campaign c where exists (select 1 from market.events e where e.email = c.email and e.category = 'shoes') and not exists (select 1 from market.outcomes o where o.email = c.email and o.visit = 1) group by c.arm
