-- allowed
select count(*) as n from market.events
