-- allowed
with wallets as (select email, sum(amount) filter (where category = 'own') as own, sum(amount) as total from market.events group by email) select width_bucket(own / total, 0, 1, 10) as share, count(*) as persons from wallets group by share
