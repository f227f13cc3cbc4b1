-- The quarter's report of one mailing: who was reached, what they spent, and how the arms compare, city by city.
with
reached as (
  select
    m.email,
    m.arm,
    max(o.visit) as visited,
    sum(o.spend) as spent,
    count(*) as rows_found
  from chenxi.mailings m
  join jiufang.outcomes o
    on o.email = m.email
  group by
    m.email,
    m.arm
),
band_0 as (
  select
    m.arm,
    count(distinct m.email) as persons,
    sum(o.visit) as visits,
    sum(case
      when o.visit = 1 then clamp(o.spend, 0, 10)
      else 0
    end) as spent,
    sum(case
      when o.city = 'city0' then 1
      when o.city = 'city1' then 1
      when o.city = 'city2' then 1
      when o.city = 'city3' then 1
      when o.city = 'city4' then 1
      when o.city = 'city5' then 1
      else 0
    end) as nearby,
    avg(clamp(o.spend, 0, 100)) as average_spend
  from chenxi.mailings m
  join jiufang.outcomes o
    on o.email = m.email
  where m.arm in ('gift', 'coupon', 'control')
  group by m.arm
),
band_1 as (
  select
    m.arm,
    count(distinct m.email) as persons,
    sum(o.visit) as visits,
    sum(case
      when o.visit = 1 then clamp(o.spend, 10, 50)
      else 0
    end) as spent,
    sum(case
      when o.city = 'city6' then 1
      when o.city = 'city7' then 1
      when o.city = 'city8' then 1
      when o.city = 'city9' then 1
      when o.city = 'city10' then 1
      when o.city = 'city11' then 1
      else 0
    end) as nearby,
    avg(clamp(o.spend, 0, 100)) as average_spend
  from chenxi.mailings m
  join jiufang.outcomes o
    on o.email = m.email
  where m.arm in ('gift', 'coupon', 'control')
  group by m.arm
),
band_2 as (
  select
    m.arm,
    count(distinct m.email) as persons,
    sum(o.visit) as visits,
    sum(case
      when o.visit = 1 then clamp(o.spend, 50, 200)
      else 0
    end) as spent,
    sum(case
      when o.city = 'city12' then 1
      when o.city = 'city13' then 1
      when o.city = 'city14' then 1
      when o.city = 'city15' then 1
      when o.city = 'city16' then 1
      when o.city = 'city17' then 1
      else 0
    end) as nearby,
    avg(clamp(o.spend, 0, 100)) as average_spend
  from chenxi.mailings m
  join jiufang.outcomes o
    on o.email = m.email
  where m.arm in ('gift', 'coupon', 'control')
  group by m.arm
),
band_3 as (
  select
    m.arm,
    count(distinct m.email) as persons,
    sum(o.visit) as visits,
    sum(case
      when o.visit = 1 then clamp(o.spend, 200, 500)
      else 0
    end) as spent,
    sum(case
      when o.city = 'city18' then 1
      when o.city = 'city19' then 1
      when o.city = 'city20' then 1
      when o.city = 'city21' then 1
      when o.city = 'city22' then 1
      when o.city = 'city23' then 1
      else 0
    end) as nearby,
    avg(clamp(o.spend, 0, 100)) as average_spend
  from chenxi.mailings m
  join jiufang.outcomes o
    on o.email = m.email
  where m.arm in ('gift', 'coupon', 'control')
  group by m.arm
),
frequency as (
  select
    r.arm,
    case when r.rows_found > 3 then 'often' else 'seldom' end as how_often,
    count(*) as persons
  from reached r
  group by 1, 2
),
totals as (
  select
    b.arm,
    band_0.persons as persons_0,
    band_0.visits as visits_0,
    band_0.spent as spent_0,
    band_0.nearby as nearby_0,
    band_1.persons as persons_1,
    band_1.visits as visits_1,
    band_1.spent as spent_1,
    band_1.nearby as nearby_1,
    band_2.persons as persons_2,
    band_2.visits as visits_2,
    band_2.spent as spent_2,
    band_2.nearby as nearby_2,
    band_3.persons as persons_3,
    band_3.visits as visits_3,
    band_3.spent as spent_3,
    band_3.nearby as nearby_3
  from (select arm, sum(persons) as persons from frequency group by arm) b
  join band_0 on band_0.arm = b.arm
  join band_1 on band_1.arm = b.arm
  join band_2 on band_2.arm = b.arm
  join band_3 on band_3.arm = b.arm
),
often as (
  select arm, sum(persons) as persons
  from frequency
  where how_often = 'often'
  group by arm
)
select
  t.arm,
  t.persons_0,
  t.visits_0,
  round(t.visits_0 * 1.0 / greatest(t.persons_0, 1), 4) as visit_rate_0,
  round(t.spent_0 * 1.0 / greatest(t.persons_0, 1), 2) as spend_each_0,
  t.nearby_0 - lag(t.nearby_0) over (order by t.arm) as nearby_change_0,
  t.persons_1,
  t.visits_1,
  round(t.visits_1 * 1.0 / greatest(t.persons_1, 1), 4) as visit_rate_1,
  round(t.spent_1 * 1.0 / greatest(t.persons_1, 1), 2) as spend_each_1,
  t.nearby_1 - lag(t.nearby_1) over (order by t.arm) as nearby_change_1,
  t.persons_2,
  t.visits_2,
  round(t.visits_2 * 1.0 / greatest(t.persons_2, 1), 4) as visit_rate_2,
  round(t.spent_2 * 1.0 / greatest(t.persons_2, 1), 2) as spend_each_2,
  t.nearby_2 - lag(t.nearby_2) over (order by t.arm) as nearby_change_2,
  t.persons_3,
  t.visits_3,
  round(t.visits_3 * 1.0 / greatest(t.persons_3, 1), 4) as visit_rate_3,
  round(t.spent_3 * 1.0 / greatest(t.persons_3, 1), 2) as spend_each_3,
  t.nearby_3 - lag(t.nearby_3) over (order by t.arm) as nearby_change_3,
  coalesce(f.persons, 0) as often,
  rank() over (order by t.spent_0 + t.spent_1 desc) as place,
  case
    when t.visits_0 > t.visits_1 then 'small baskets'
    when t.visits_2 > t.visits_3 then 'large baskets'
    else 'mixed'
  end as pattern
from totals t
left join often f
  on f.arm = t.arm
where t.persons_0 > 0
order by
  place,
  t.arm
limit 20
