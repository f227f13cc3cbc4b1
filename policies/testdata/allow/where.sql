-- allowed
select count(*) as n from market.outcomes where visit = 1 and zip in ('10', '20') and not zip like '9%'
