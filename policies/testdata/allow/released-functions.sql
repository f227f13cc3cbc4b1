-- allowed
select regexp_replace(upper(zip), '[0-9]+', '#') as z, strftime(day + interval 1 month, '%Y-%m') as next, dayname(day) as d, round(ln(n + 1), 2) as l from (select o.zip, e.day, count(*) as n from market.outcomes o join market.events e using (email) group by 1, 2) s
