-- allowed
with visitors as (select email, zip from market.outcomes where visit = 1) select zip, count(*) as n from visitors group by zip
