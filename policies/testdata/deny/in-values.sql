-- denied: syntax-is-known
select count(*) from market.outcomes where zip in (select category from market.events)
