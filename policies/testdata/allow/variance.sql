-- allowed
select variance(amount) as v, stddev_pop(amount) as s from market.events
