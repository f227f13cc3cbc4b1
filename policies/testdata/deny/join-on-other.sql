-- denied: join-uses-match-key
select count(*) from market.outcomes o join brand.campaign c on o.zip = c.arm
