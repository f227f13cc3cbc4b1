-- allowed
select count(distinct email) as n from market.events where isv.season(day) = 1
