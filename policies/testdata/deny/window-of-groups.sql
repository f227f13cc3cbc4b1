-- denied: syntax-is-known
select arm, rank() over (order by count(*)) from brand.campaign group by rollup (arm)
