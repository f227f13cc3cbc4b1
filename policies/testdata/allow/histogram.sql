-- allowed
select width_bucket(amount, 0, 100, 20) as bucket, count(*) as n from market.events group by bucket
