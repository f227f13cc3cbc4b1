-- allowed
select zip as name, count(*) as n from market.outcomes group by zip union all select arm, count(*) from brand.campaign group by arm order by n desc limit 10
