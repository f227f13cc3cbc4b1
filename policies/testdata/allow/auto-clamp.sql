-- allowed
select arm, sum(auto_clamp(spend * 2)) as total, stddev(auto_clamp(spend / 3)) as spread from market.outcomes o join brand.campaign c on o.email = c.email group by arm
