-- allowed
select zip from market.outcomes group by zip except (select category from market.events group by category intersect select arm from brand.campaign group by arm)
