-- allowed
with firsts as (select email, min(day) as first_day from market.events where category = 'shoes' group by email) select date_trunc('month', f.first_day) as cohort, date_diff('month', f.first_day, e.day) as age, count(distinct e.email) as persons from firsts f join market.events e on e.email = f.email group by all
