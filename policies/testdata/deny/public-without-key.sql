-- denied: join-uses-match-key
select count(*) from market.events e join market.catalogue p on p.price = e.amount
