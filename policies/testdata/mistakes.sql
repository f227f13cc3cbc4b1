-- every column of a table
select * from market.outcomes

-- a list of addresses
select email from market.outcomes where visit = 1

-- rows with a key and a measure
select zip, spend from market.outcomes where visit = 1 order by spend desc limit 10

-- a left join on another column
select c.arm, count(*) from brand.campaign c left join market.outcomes o on c.arm = o.zip group by c.arm

-- a join without a condition
select count(*) from market.outcomes, brand.campaign

-- a comma join with its condition left out of one table
select c.arm, sum(o.spend) from market.outcomes o, brand.campaign c where c.mens group by c.arm

-- a column missing in GROUP BY
select zip, visit, count(*) from market.outcomes group by zip

-- a permitted column missing in GROUP BY
select category, day, sum(amount) from market.events group by category

-- GROUP BY left out
select zip, count(*) from market.outcomes

-- a forgotten clamp
select zip, sum(spend / visit) as ratio from market.outcomes group by zip

-- a forgotten clamp around a product of bounded measures and a number
select sum(o.spend * (o.visit + 1) / 2) from market.outcomes o

-- an average of a key that has no bounds
select avg(length(zip)) from market.outcomes

-- COUNT with UNIQUE
select zip, count(unique email) from market.outcomes group by zip

-- COUNT_DISTINCT in one word
select zip, count_distinct(email) from market.outcomes group by zip

-- a misspelt column
select zip, sum(spnd) from market.outcomes group by zip

-- misspelt columns in every clause
select zipp, sum(spend) from market.outcomes where vist = 1 group by zipp

-- a table without its member
select count(*) from outcomes

-- a misspelt table
select count(*) from market.outcome o where o.visit = 1

-- a misspelt member
select c.arm, count(*) from brnad.campaign c group by c.arm

-- an alias that is not declared
select x.zip, count(*) from market.outcomes o group by x.zip

-- the table's name where it has an alias
select outcomes.zip, count(*) from market.outcomes o group by outcomes.zip

-- an alias of the select list in WHERE
select zip as place, count(*) from market.outcomes where place = '10' group by place

-- HAVING in a WITH query that is not aggregated by the person
with big as (select email, spend from market.outcomes having spend > 100) select count(*) from big

-- LIMIT in a WITH query
with top as (
  select email, spend
  from market.outcomes
  order by spend desc
  limit 100
)
select count(*), sum(spend) from top

-- ORDER BY in a WITH query
with o as (select email, spend from market.outcomes order by spend) select sum(spend) from o

-- a window in a WITH query
with ranked as (
  select email, amount, row_number() over (partition by email order by amount desc) as place
  from market.events
)
select sum(amount) from ranked where place = 1

-- DISTINCT in a WITH query
with z as (select distinct zip from market.outcomes) select count(*) from z

-- an average of all in a condition
select count(*) from market.outcomes where spend > (select avg(spend) from market.outcomes)

-- a ratio in WHERE
select count(*) from market.outcomes where spend / visit > 10

-- a filter on what may not be filtered
select zip, count(*) from market.outcomes where secret_score > 700 and visit = 1 group by zip

-- the last seven days
select count(*) from market.events where day >= current_date - 7

-- now() in a condition
select count(*) from market.events where day >= now() - interval 30 day

-- date arithmetic of another warehouse
select count(*) from market.events where datediff(day, '2024-11-11') < 7

-- DATE_SUB of another warehouse
select count(*) from market.events where day >= date_sub('2024-11-11', 7)

-- ILIKE on an address
select count(*) from market.outcomes where email ilike '%@example.com'

-- a regular expression
select count(*) from market.events where category ~ '^shoe' or regexp_extract(category, '[0-9]+') = '1'

-- a list of values
select zip, string_agg(email, ',') from market.outcomes group by zip

-- the most common value
select mode(zip) from market.outcomes

-- the last day
select max(day) from market.events

-- a full join
select count(*) from market.outcomes o full join brand.campaign c on o.email = c.email

-- persons of one table and not the other
select count(*) from (select email from market.outcomes except select email from brand.campaign) s

-- persons of both tables
select count(*) from (select email from market.outcomes intersect select email from brand.campaign) s

-- a correlated subquery in the select list
select o.zip, (select count(*) from market.events e where e.email = o.email) as n from market.outcomes o

-- IN over another column
select count(*) from market.outcomes where zip in (select category from market.events)

-- typographic quotes
select count(*) from market.outcomes where zip = “10”

-- double quotes around text
select count(*) from market.outcomes where zip = "10"

-- backticks
select `zip`, count(*) from `market`.`outcomes` group by `zip`

-- a full-width comma
select zip， count(*) from market.outcomes group by zip

-- full-width parentheses
select zip, count（*） from market.outcomes group by zip

-- a full-width semicolon and equals sign
select count(*) from market.outcomes where visit ＝ 1；

-- two statements
select count(*) from market.outcomes; select count(*) from brand.campaign;

-- SELECT TOP
select top 10 zip, count(*) from market.outcomes group by zip

-- a misspelt keyword
select zip, count(*) form market.outcomes group by zip

-- a comma before FROM
select zip, count(*), , sum(spend) from market.outcomes group by zip

-- a missing parenthesis
select zip, sum(clamp(spend, 0, 10) from market.outcomes group by zip

-- an aggregate in WHERE
select zip, count(*) from market.outcomes where count(*) > 100 group by zip

-- HAVING over a column that is not grouped
select zip, count(*) from market.outcomes group by zip having visit > 0

-- an aggregate within an aggregate
select avg(count(*)) from market.outcomes group by zip

-- one person looked up
select sum(spend) from market.outcomes where email = 'ana@example.com'

-- several persons looked up
select count(*) from market.outcomes where email in ('ana@example.com', 'bo@example.com')

-- grouped by the person
select email, sum(spend) as total from market.outcomes group by email

-- grouped by the person and ordered
select email, count(*) from market.events group by email having count(*) > 3 order by 2 desc limit 10

-- grouped by what is no group key
select secret_score, count(*) from market.outcomes group by secret_score

-- a random sample
select count(*) from market.outcomes where random() < 0.1

-- TABLESAMPLE
select avg(spend) from market.outcomes tablesample 5%

-- text compared with a number
select count(*) from market.outcomes where zip > 10

-- the sum of text
select sum(zip) from market.outcomes

-- a public table by itself
select department, count(*) from market.catalogue group by department

-- a public table joined on no declared key
select k.department, count(*) from market.events e join market.catalogue k on e.amount = k.price group by k.department

-- a natural join
select count(*) from market.outcomes natural join brand.campaign

-- a file
select count(*) from 'outcomes.csv'

-- the count of all other columns
select count(distinct secret_score) from market.outcomes

-- several rules of two owners at once
select secret_score, o.email, sum(o.spend / o.visit)
from market.outcomes o
join brand.campaign c on o.zip = c.arm
where o.secret_score > 700
  and c.colour = 'red'
limit 10

-- mistakes inside a WITH query
with visits as (
  select emial, count(*) as n
  from market.events
  where amout > 10
  group by emial
)
select n, count(*) from visits group by n

-- Chinese names before a mistake
select zip as 地区, count(*) as 人数, sum(spent) as 金额 from market.outcomes where zip = '上海' group by zip

-- a median of something unbounded
select median(spend / visit) from market.outcomes

-- QUALIFY below
select count(*) from (select email, amount from market.events qualify row_number() over (partition by email order by day) = 1) s

-- sums of a CASE with text
select sum(case when visit = 1 then spend else 'none' end) from market.outcomes

-- group by a number that is no column
select zip, count(*) from market.outcomes group by 3

-- UNION of key lists
select count(*) from (select zip from market.outcomes union select arm from brand.campaign) s

-- a pivot of rows
pivot market.outcomes on zip using count(*)

-- an update
update market.outcomes set visit = 0
