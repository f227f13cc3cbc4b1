-- allowed
select zip, n_ci95_high - n_ci95_low as width, n from (select zip, count(*) as n from market.outcomes group by zip) s
