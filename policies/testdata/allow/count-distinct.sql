-- allowed
select count(distinct category) as categories from market.events
