-- denied: identity-stays-inside
select count(*) from market.events where isv.tier(email) = 'low'
