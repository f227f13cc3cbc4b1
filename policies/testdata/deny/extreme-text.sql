-- denied: types-match
select max(day) from market.events
