-- allowed
select case when visit = 1 then 'came' else 'stayed away' end as state, count(*) as n from market.outcomes group by 1
