-- allowed
select count(distinct n) as sizes, max(zip) filter (where n > 10) as last, string_agg(zip, ', ' order by n desc) as zips, quantile_cont(n, 0.9) as p90, arg_max(zip, n) as largest, stddev_pop(n) as spread from (select zip, count(*) as n from market.outcomes group by zip) s
