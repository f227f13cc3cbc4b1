-- allowed
with last_seen as (select email, max(day) as day from market.events group by email) select case when l.day is null then 'never' when l.day >= date '2024-11-11' - interval 30 day then 'active' when l.day >= date '2024-11-11' - interval 180 day then 'silent' else 'lost' end as stage, count(*) as persons from brand.campaign c left join last_seen l using (email) group by 1
