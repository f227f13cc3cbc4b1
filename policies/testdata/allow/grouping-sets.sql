-- allowed
select arm, mens, grouping(arm, mens) as level, count(*) as n from brand.campaign group by rollup (arm, mens) order by level, n desc
