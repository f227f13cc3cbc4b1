-- allowed
select isv.tier(zip) as tier, count(*) as n from market.outcomes group by isv.tier(zip)
