-- allowed
select count(*) as n from market.outcomes where zip::bigint > 5 and try_cast(zip as double) is not null
