-- allowed
select median(amount) as middle, quantile_cont(amount, 0.9) as p90, percentile_cont(0.25) within group (order by amount) as p25 from market.events
