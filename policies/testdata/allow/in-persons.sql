-- allowed
select case when email in (select email from market.events) then 'active' else 'silent' end as state, count(*) as persons from brand.campaign where email not in (select email from market.outcomes where visit = 1) group by 1
