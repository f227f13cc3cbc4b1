-- allowed
select median(auto_clamp(amount * amount)) as middle, avg(auto_clamp(amount * amount)) filter (where amount > 1) as mean from market.events
