-- # every column of a table
select * from market.outcomes
-- identity-stays-inside (Galley) at 1:8, "*"
--   identity column `email` may only join tables and be counted
--   help: use it in a join condition or in count(distinct outcomes.email)
-- output-is-aggregated (market) at 1:8, "*"
--   output column `*` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct outcomes.email), or group by one of: zip
-- write instead:
select count(distinct outcomes.email) as persons from market.outcomes
-- (counts persons instead of showing rows)

-- # a list of addresses
select email from market.outcomes where visit = 1
-- identity-stays-inside (Galley) at 1:8, "email"
--   identity column `email` may only join tables and be counted
--   help: use it in a join condition or in count(distinct outcomes.email)
-- write instead:
select count(distinct outcomes.email) as persons from market.outcomes where visit = 1
-- (counts persons instead of showing rows)

-- # rows with a key and a measure
select zip, spend from market.outcomes where visit = 1 order by spend desc limit 10
-- output-is-aggregated (market) at 1:8, "zip"
--   output column `zip` is neither aggregated nor named in GROUP BY
--   help: add zip to GROUP BY
-- output-is-aggregated (market) at 1:13, "spend"
--   output column `spend` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct outcomes.email), or group by one of: zip
-- limit-is-after-release (Galley) at 1:65, "spend"
--   ORDER BY stands below the aggregation
--   help: move it to the outermost SELECT, where it works on released values
-- limit-is-after-release (Galley) at 1:76, "limit"
--   LIMIT stands below the aggregation
--   help: move it to the outermost SELECT, where it works on released values
-- write instead:
select zip, count(distinct outcomes.email) as persons from market.outcomes where visit = 1 group by zip
-- (counts persons for each `zip` instead of showing rows)

-- # a left join on another column
select c.arm, count(*) from brand.campaign c left join market.outcomes o on c.arm = o.zip group by c.arm
-- join-uses-match-key (market) at 1:46, "left"
--   `market.outcomes` is not joined on the person
--   help: join with an equality of identity columns: brand.campaign.email = market.outcomes.email
-- write instead:
select c.arm, count(*) from brand.campaign c left join market.outcomes o on c.email = o.email group by c.arm
-- (joined on the person: `c.email = o.email`)

-- # a join without a condition
select count(*) from market.outcomes, brand.campaign
-- join-uses-match-key (brand) at 1:8, "count"
--   `brand.campaign` is not joined on the person
--   help: join with an equality of identity columns: market.outcomes.email = brand.campaign.email
-- write instead:
select count(*) from market.outcomes, brand.campaign where outcomes.email = campaign.email
-- (joined on the person: `outcomes.email = campaign.email`)

-- # a comma join with its condition left out of one table
select c.arm, sum(o.spend) from market.outcomes o, brand.campaign c where c.mens group by c.arm
-- join-uses-match-key (brand) at 1:8, "c.arm"
--   `brand.campaign` is not joined on the person
--   help: join with an equality of identity columns: market.outcomes.email = brand.campaign.email
-- write instead:
select c.arm, sum(o.spend) from market.outcomes o, brand.campaign c where c.mens and o.email = c.email group by c.arm
-- (joined on the person: `o.email = c.email`)

-- # a column missing in GROUP BY
select zip, visit, count(*) from market.outcomes group by zip
-- output-is-aggregated (market) at 1:13, "visit"
--   output column `visit` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct …), or group by one of: zip
-- write instead:
select zip, count(*) from market.outcomes group by zip
-- (without `visit`)

-- # a permitted column missing in GROUP BY
select category, day, sum(amount) from market.events group by category
-- output-is-aggregated (market) at 1:18, "day"
--   output column `day` is neither aggregated nor named in GROUP BY
--   help: add day to GROUP BY
-- write instead:
select category, day, sum(amount) from market.events group by category, day
-- (grouped by `day` too)

-- # GROUP BY left out
select zip, count(*) from market.outcomes
-- output-is-aggregated (market) at 1:8, "zip"
--   output column `zip` is neither aggregated nor named in GROUP BY
--   help: add zip to GROUP BY
-- write instead:
select zip, count(*) from market.outcomes group by zip
-- (grouped by `zip`)

-- # a forgotten clamp
select zip, sum(spend / visit) as ratio from market.outcomes group by zip
-- sum-is-bounded (Galley) at 1:13, "sum"
--   `sum` has no bound for one person
--   help: write sum(clamp(…, 0, 500)), or sum(auto_clamp(…)) to have bounds found at a part of the price, or ask the owner to declare `min` and `max` of the measure
-- write instead:
select zip, sum(clamp(spend / visit, 0, 500)) as ratio from market.outcomes group by zip
-- (`spend / visit` is kept from 0 to 500)

-- # a forgotten clamp around a product of bounded measures and a number
select sum(o.spend * (o.visit + 1) / 2) from market.outcomes o
-- sum-is-bounded (Galley) at 1:8, "sum"
--   `sum` has no bound for one person
--   help: write sum(clamp(…, 0, 500)), or sum(auto_clamp(…)) to have bounds found at a part of the price, or ask the owner to declare `min` and `max` of the measure
-- write instead:
select sum(clamp(o.spend * (o.visit + 1) / 2, 0, 500)) from market.outcomes o
-- (`o.spend * (o.visit + 1) / 2` is kept from 0 to 500)

-- # an average of a key that has no bounds
select avg(length(zip)) from market.outcomes
-- sum-is-bounded (Galley) at 1:8, "avg"
--   `avg` has no bound for one person
--   help: write avg(clamp(…, low, high)), or avg(auto_clamp(…)) to have bounds found at a part of the price, or ask the owner to declare `min` and `max` of the measure
-- no other query is known

-- # COUNT with UNIQUE
select zip, count(unique email) from market.outcomes group by zip
-- statement-is-one-select (Galley) at 1:19, "unique"
--   the statement is not SQL at this place
--   help: look at this place and just before it for a missing comma, parenthesis, quote or keyword
-- write instead:
select zip, count(distinct email) from market.outcomes group by zip
-- (`unique` is `distinct`)

-- # COUNT_DISTINCT in one word
select zip, count_distinct(email) from market.outcomes group by zip
-- output-is-aggregated (Galley) at 1:28, "email"
--   output column `email` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct …), or group by one of: zip
-- write instead:
select zip, count(distinct email) from market.outcomes group by zip
-- (`count_distinct` is `count(distinct …)`)

-- # a misspelt column
select zip, sum(spnd) from market.outcomes group by zip
-- column-is-known (Galley) at 1:17, "spnd"
--   column `spnd` is not known here
--   help: did you mean `outcomes.spend`? else use one of: outcomes.email, outcomes.visit, outcomes.spend, outcomes.zip, outcomes.secret_score
-- write instead:
select zip, sum(spend) from market.outcomes group by zip
-- (`spnd` is `spend`)

-- # misspelt columns in every clause
select zipp, sum(spend) from market.outcomes where vist = 1 group by zipp
-- column-is-known (Galley) at 1:8, "zipp"
--   column `zipp` is not known here
--   help: did you mean `outcomes.zip`? else use one of: outcomes.email, outcomes.visit, outcomes.spend, outcomes.zip, outcomes.secret_score
-- column-is-known (Galley) at 1:52, "vist"
--   column `vist` is not known here
--   help: did you mean `outcomes.visit`? else use one of: outcomes.email, outcomes.visit, outcomes.spend, outcomes.zip, outcomes.secret_score
-- column-is-known (Galley) at 1:70, "zipp"
--   column `zipp` is not known here
--   help: did you mean `outcomes.zip`? else use one of: outcomes.email, outcomes.visit, outcomes.spend, outcomes.zip, outcomes.secret_score
-- write instead:
select zip, sum(spend) from market.outcomes where visit = 1 group by zip
-- (`zipp` is `zip`)
-- (`vist` is `visit`)

-- # a table without its member
select count(*) from outcomes
-- table-is-bound (Galley) at 1:22, "outcomes"
--   table `outcomes` is not bound in this collaboration
--   help: did you mean `market.outcomes`? else use one of: market.outcomes, brand.campaign, market.events, market.catalogue
-- write instead:
select count(*) from market.outcomes
-- (`outcomes` is `market.outcomes`)

-- # a misspelt table
select count(*) from market.outcome o where o.visit = 1
-- table-is-bound (Galley) at 1:22, "market.outcome"
--   table `market.outcome` is not bound in this collaboration
--   help: did you mean `market.outcomes`? else use one of: market.outcomes, brand.campaign, market.events, market.catalogue
-- write instead:
select count(*) from market.outcomes o where o.visit = 1
-- (`market.outcome` is `market.outcomes`)

-- # a misspelt member
select c.arm, count(*) from brnad.campaign c group by c.arm
-- table-is-bound (Galley) at 1:29, "brnad.campaign"
--   table `brnad.campaign` is not bound in this collaboration
--   help: did you mean `brand.campaign`? else use one of: market.outcomes, brand.campaign, market.events, market.catalogue
-- write instead:
select c.arm, count(*) from brand.campaign c group by c.arm
-- (`brnad.campaign` is `brand.campaign`)

-- # an alias that is not declared
select x.zip, count(*) from market.outcomes o group by x.zip
-- column-is-known (Galley) at 1:8, "x.zip"
--   column `x.zip` is not known here
--   help: did you mean `o.zip`? else use one of: o.email, o.visit, o.spend, o.zip, o.secret_score
-- column-is-known (Galley) at 1:56, "x.zip"
--   column `x.zip` is not known here
--   help: did you mean `o.zip`? else use one of: o.email, o.visit, o.spend, o.zip, o.secret_score
-- write instead:
select o.zip, count(*) from market.outcomes o group by o.zip
-- (`x.zip` is `o.zip`)

-- # the table's name where it has an alias
select outcomes.zip, count(*) from market.outcomes o group by outcomes.zip
-- column-is-known (Galley) at 1:8, "outcomes.zip"
--   column `outcomes.zip` is not known here
--   help: did you mean `o.zip`? else use one of: o.email, o.visit, o.spend, o.zip, o.secret_score
-- column-is-known (Galley) at 1:63, "outcomes.zip"
--   column `outcomes.zip` is not known here
--   help: did you mean `o.zip`? else use one of: o.email, o.visit, o.spend, o.zip, o.secret_score
-- write instead:
select o.zip, count(*) from market.outcomes o group by o.zip
-- (`outcomes.zip` is `o.zip`)

-- # an alias of the select list in WHERE
select zip as place, count(*) from market.outcomes where place = '10' group by place
-- column-is-known (Galley) at 1:58, "place"
--   column `place` is not known here
--   help: use one of: outcomes.email, outcomes.visit, outcomes.spend, outcomes.zip, outcomes.secret_score
-- write instead:
select zip as place, count(*) from market.outcomes where zip = '10' group by place
-- (`place` is `zip`)

-- # HAVING in a WITH query that is not aggregated by the person
with big as (select email, spend from market.outcomes having spend > 100) select count(*) from big
-- output-is-aggregated (Galley) at 1:21, "email"
--   output column `email` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct …), or group by one of: zip
-- output-is-aggregated (market) at 1:28, "spend"
--   output column `spend` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct …), or group by one of: zip
-- output-is-aggregated (market) at 1:62, "spend"
--   output column `spend` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct …), or group by one of: zip
-- no other query is known

-- # LIMIT in a WITH query
with top as (
  select email, spend
  from market.outcomes
  order by spend desc
  limit 100
)
select count(*), sum(spend) from top
-- limit-is-after-release (Galley) at 4:12, "spend"
--   ORDER BY stands below the aggregation
--   help: move it to the outermost SELECT, where it works on released values
-- limit-is-after-release (Galley) at 5:3, "limit"
--   LIMIT stands below the aggregation
--   help: move it to the outermost SELECT, where it works on released values
-- write instead:
with top as (
  select email, spend
  from market.outcomes
)
select count(*), sum(spend) from top
-- (of all rows, without an order or a limit below the aggregation)

-- # ORDER BY in a WITH query
with o as (select email, spend from market.outcomes order by spend) select sum(spend) from o
-- limit-is-after-release (Galley) at 1:62, "spend"
--   ORDER BY stands below the aggregation
--   help: move it to the outermost SELECT, where it works on released values
-- write instead:
with o as (select email, spend from market.outcomes) select sum(spend) from o
-- (of all rows, without an order or a limit below the aggregation)

-- # a window in a WITH query
with ranked as (
  select email, amount, row_number() over (partition by email order by amount desc) as place
  from market.events
)
select sum(amount) from ranked where place = 1
-- syntax-is-known (Galley) at 2:25, "row_number"
--   `window function over protected rows` is not part of the SQL that Galley can protect
--   help: aggregate first: above the released groups all window functions are free
-- no other query is known

-- # DISTINCT in a WITH query
with z as (select distinct zip from market.outcomes) select count(*) from z
-- limit-is-after-release (Galley) at 1:19, "distinct"
--   DISTINCT stands below the aggregation
--   help: move it to the outermost SELECT, where it works on released values
-- no other query is known

-- # an average of all in a condition
select count(*) from market.outcomes where spend > (select avg(spend) from market.outcomes)
-- filter-is-permitted (market) at 1:44, "spend"
--   `spend` may not be used to filter
--   help: filter by one of: visit, zip
-- syntax-is-known (Galley) at 1:52, "("
--   `subquery as a value` is not part of the SQL that Galley can protect
--   help: ask it first and write its answer as a number, or join a query grouped by the person
-- write instead:
select count(*) from market.outcomes
-- (without the condition `spend > (select avg(spend) from market.outcomes)`)

-- # a ratio in WHERE
select count(*) from market.outcomes where spend / visit > 10
-- filter-is-permitted (market) at 1:44, "spend"
--   `spend` may not be used to filter
--   help: filter by one of: visit, zip
-- write instead:
select count(*) from market.outcomes
-- (without the condition `spend / visit > 10`)

-- # a filter on what may not be filtered
select zip, count(*) from market.outcomes where secret_score > 700 and visit = 1 group by zip
-- filter-is-permitted (market) at 1:49, "secret_score"
--   `secret_score` may not be used to filter
--   help: filter by one of: visit, zip
-- write instead:
select zip, count(*) from market.outcomes where visit = 1 group by zip
-- (without the condition `secret_score > 700`)

-- # the last seven days
select count(*) from market.events where day >= current_date - 7
-- column-is-known (Galley) at 1:49, "current_date"
--   column `current_date` is not known here
--   help: write the day itself, as in `day >= date '2024-11-11'`: the same question then has the same answer
-- no other query is known

-- # now() in a condition
select count(*) from market.events where day >= now() - interval 30 day
-- function-is-permitted (Galley) at 1:49, "now"
--   function `now` is not permitted
--   help: write the day itself, as in `day >= date '2024-11-11'`: the same question then has the same answer
-- no other query is known

-- # date arithmetic of another warehouse
select count(*) from market.events where datediff(day, '2024-11-11') < 7
-- types-match (Galley) at 1:42, "datediff"
--   `datediff` does not take a date and a text
--   help: name one of these parts in quotes: year, quarter, month, week, day, dayofweek, dow, hour, minute, second
-- no other query is known

-- # DATE_SUB of another warehouse
select count(*) from market.events where day >= date_sub('2024-11-11', 7)
-- function-is-permitted (Galley) at 1:49, "date_sub"
--   function `date_sub` is not permitted
--   help: docs/sql.md lists what there is
-- no other query is known

-- # ILIKE on an address
select count(*) from market.outcomes where email ilike '%@example.com'
-- identity-stays-inside (Galley) at 1:44, "email"
--   identity column `email` may only join tables and be counted
--   help: use it in a join condition or in count(distinct email)
-- no other query is known

-- # a regular expression
select count(*) from market.events where category ~ '^shoe' or regexp_extract(category, '[0-9]+') = '1'
-- function-is-permitted (Galley) at 1:51, "~"
--   function `regexp_full_match` is not permitted
--   help: write LIKE, starts_with, ends_with or contains: a pattern can take endless time
-- function-is-permitted (Galley) at 1:64, "regexp_extract"
--   function `regexp_extract` is not permitted
--   help: write LIKE, starts_with, ends_with or contains: a pattern can take endless time
-- no other query is known

-- # a list of values
select zip, string_agg(email, ',') from market.outcomes group by zip
-- aggregate-is-permitted (Galley) at 1:13, "string_agg"
--   aggregate `string_agg` is not permitted
--   help: use one of: count, count(distinct …), sum, avg, stddev, median, quantile_cont
-- no other query is known

-- # the most common value
select mode(zip) from market.outcomes
-- aggregate-is-permitted (Galley) at 1:8, "mode"
--   aggregate `mode` is not permitted
--   help: use one of: count, count(distinct …), sum, avg, stddev, median, quantile_cont
-- no other query is known

-- # the last day
select max(day) from market.events
-- types-match (Galley) at 1:12, "day"
--   `max` does not take a date
--   help: give it a number; for the first or last text or day, group by it, and order and limit the released groups
-- no other query is known

-- # a full join
select count(*) from market.outcomes o full join brand.campaign c on o.email = c.email
-- syntax-is-known (Galley) at 1:40, "full"
--   `FULL JOIN` is not part of the SQL that Galley can protect
--   help: put the rows of both tables together with UNION ALL, and group them by the person
-- no other query is known

-- # persons of one table and not the other
select count(*) from (select email from market.outcomes except select email from brand.campaign) s
-- syntax-is-known (Galley) at 1:30, "email"
--   `EXCEPT of protected rows` is not part of the SQL that Galley can protect
--   help: write identity NOT IN (SELECT identity FROM …)
-- write instead:
select count(*) from (select distinct email from market.outcomes where email not in (select email from brand.campaign)) s
-- (persons picked with `email not in (…)`)

-- # persons of both tables
select count(*) from (select email from market.outcomes intersect select email from brand.campaign) s
-- syntax-is-known (Galley) at 1:30, "email"
--   `INTERSECT of protected rows` is not part of the SQL that Galley can protect
--   help: write identity IN (SELECT identity FROM …)
-- write instead:
select count(*) from (select distinct email from market.outcomes where email in (select email from brand.campaign)) s
-- (persons picked with `email in (…)`)

-- # a correlated subquery in the select list
select o.zip, (select count(*) from market.events e where e.email = o.email) as n from market.outcomes o
-- output-is-aggregated (market) at 1:8, "o.zip"
--   output column `zip` is neither aggregated nor named in GROUP BY
--   help: add zip to GROUP BY
-- syntax-is-known (Galley) at 1:15, "("
--   `subquery as a value` is not part of the SQL that Galley can protect
--   help: ask it first and write its answer as a number, or join a query grouped by the person
-- write instead:
select o.zip, count(distinct o.email) as persons from market.outcomes o group by o.zip
-- (counts persons for each `o.zip` instead of showing rows)

-- # IN over another column
select count(*) from market.outcomes where zip in (select category from market.events)
-- syntax-is-known (Galley) at 1:44, "zip"
--   `IN (SELECT …) over anything but persons` is not part of the SQL that Galley can protect
--   help: write identity IN (SELECT identity FROM …), a list of values, or a join
-- no other query is known

-- # typographic quotes
select count(*) from market.outcomes where zip = “10”
-- syntax-is-known (Galley) at 1:50, "“"
--   `quoted name` is not part of the SQL that Galley can protect
--   help: use names of letters, digits and underscores, at most 63 characters long
-- write instead:
select count(*) from market.outcomes where zip = '10'
-- (in plain quotes and punctuation marks)

-- # double quotes around text
select count(*) from market.outcomes where zip = "10"
-- syntax-is-known (Galley) at 1:50, "\"10\""
--   `quoted name` is not part of the SQL that Galley can protect
--   help: use names of letters, digits and underscores, at most 63 characters long
-- write instead:
select count(*) from market.outcomes where zip = '10'
-- (text stands in single quotes: `'10'`)

-- # backticks
select `zip`, count(*) from `market`.`outcomes` group by `zip`
-- statement-is-one-select (Galley) at 1:8, "`"
--   the statement is not SQL at this place
--   help: ``zip`` is no sign of SQL here: write `zip`
-- write instead:
select zip, count(*) from market.outcomes group by zip
-- (in plain quotes and punctuation marks)

-- # a full-width comma
select zip， count(*) from market.outcomes group by zip
-- statement-is-one-select (Galley) at 1:11, "，"
--   the statement is not SQL at this place
--   help: `，` is no sign of SQL here: write `,`
-- write instead:
select zip, count(*) from market.outcomes group by zip
-- (in plain quotes and punctuation marks)

-- # full-width parentheses
select zip, count（*） from market.outcomes group by zip
-- syntax-is-known (Galley) at 1:13, "count"
--   `quoted name` is not part of the SQL that Galley can protect
--   help: use names of letters, digits and underscores, at most 63 characters long
-- write instead:
select zip, count(*) from market.outcomes group by zip
-- (in plain quotes and punctuation marks)

-- # a full-width semicolon and equals sign
select count(*) from market.outcomes where visit ＝ 1；
-- statement-is-one-select (Galley) at 1:50, "＝"
--   the statement is not SQL at this place
--   help: `＝` is no sign of SQL here: write `=`
-- write instead:
select count(*) from market.outcomes where visit = 1;
-- (in plain quotes and punctuation marks)

-- # two statements
select count(*) from market.outcomes; select count(*) from brand.campaign;
-- statement-is-one-select (Galley) at 1:39, "select"
--   the statement is 2 statements
--   help: write one SELECT statement, without a second statement after it
-- no other query is known

-- # SELECT TOP
select top 10 zip, count(*) from market.outcomes group by zip
-- statement-is-one-select (Galley) at 1:12, "1"
--   the statement is not SQL at this place
--   help: look at this place and just before it for a missing comma, parenthesis, quote or keyword
-- write instead:
select zip, count(*) from market.outcomes group by zip limit 10
-- (`top 10` is `limit 10` at the end)

-- # a misspelt keyword
select zip, count(*) form market.outcomes group by zip
-- statement-is-one-select (Galley) at 1:27, "market.outcomes"
--   the statement is not SQL at this place
--   help: look at this place and just before it for a missing comma, parenthesis, quote or keyword
-- write instead:
select zip, count(*) from market.outcomes group by zip
-- (`form` is `from`)

-- # a comma before FROM
select zip, count(*), , sum(spend) from market.outcomes group by zip
-- statement-is-one-select (Galley) at 1:23, ","
--   the statement is not SQL at this place
--   help: look at this place and just before it for a missing comma, parenthesis, quote or keyword
-- write instead:
select zip, count(*),  sum(spend) from market.outcomes group by zip
-- (without the second `,`)

-- # a missing parenthesis
select zip, sum(clamp(spend, 0, 10) from market.outcomes group by zip
-- statement-is-one-select (Galley) at 1:37, "from"
--   the statement is not SQL at this place
--   help: look at this place and just before it for a missing comma, parenthesis, quote or keyword
-- no other query is known

-- # an aggregate in WHERE
select zip, count(*) from market.outcomes where count(*) > 100 group by zip
-- function-is-permitted (Galley) at 1:49, "count"
--   function `count` is not permitted
--   help: an aggregate stands in the select list or in HAVING, not within a condition of rows or another aggregate
-- write instead:
select zip, count(*) from market.outcomes group by zip having count(*) > 100
-- (`count(*) > 100` stands in HAVING)

-- # HAVING over a column that is not grouped
select zip, count(*) from market.outcomes group by zip having visit > 0
-- output-is-aggregated (market) at 1:63, "visit"
--   output column `visit` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct …), or group by one of: zip
-- no other query is known

-- # an aggregate within an aggregate
select avg(count(*)) from market.outcomes group by zip
-- function-is-permitted (Galley) at 1:12, "count"
--   function `count` is not permitted
--   help: an aggregate stands in the select list or in HAVING, not within a condition of rows or another aggregate
-- no other query is known

-- # one person looked up
select sum(spend) from market.outcomes where email = 'ana@example.com'
-- identity-stays-inside (Galley) at 1:46, "email"
--   identity column `email` may only join tables and be counted
--   help: use it in a join condition or in count(distinct email)
-- no other query is known

-- # several persons looked up
select count(*) from market.outcomes where email in ('ana@example.com', 'bo@example.com')
-- identity-stays-inside (Galley) at 1:44, "email"
--   identity column `email` may only join tables and be counted
--   help: use it in a join condition or in count(distinct email)
-- no other query is known

-- # grouped by the person
select email, sum(spend) as total from market.outcomes group by email
-- identity-stays-inside (Galley) at 1:65, "email"
--   identity column `email` may only join tables and be counted
--   help: count or add up these persons in a query around this one: `select count(*) from (…) as persons`
-- write instead:
select count(*) as persons from (select email, sum(spend) as total from market.outcomes group by email) as persons
-- (counts the persons that the query names)

-- # grouped by the person and ordered
select email, count(*) from market.events group by email having count(*) > 3 order by 2 desc limit 10
-- identity-stays-inside (Galley) at 1:52, "email"
--   identity column `email` may only join tables and be counted
--   help: count or add up these persons in a query around this one: `select count(*) from (…) as persons`
-- limit-is-after-release (Galley) at 1:87, "2"
--   ORDER BY stands below the aggregation
--   help: move it to the outermost SELECT, where it works on released values
-- limit-is-after-release (Galley) at 1:94, "limit"
--   LIMIT stands below the aggregation
--   help: move it to the outermost SELECT, where it works on released values
-- write instead:
select count(*) as persons from (select email, count(*) from market.events group by email having count(*) > 3) as persons
-- (counts the persons that the query names)

-- # grouped by what is no group key
select secret_score, count(*) from market.outcomes group by secret_score
-- group-key-is-permitted (market) at 1:61, "secret_score"
--   `secret_score` is not a permitted group key
--   help: group by one of: zip
-- write instead:
select count(*) from market.outcomes
-- (not grouped by `secret_score`)

-- # a random sample
select count(*) from market.outcomes where random() < 0.1
-- function-is-permitted (Galley) at 1:44, "random"
--   function `random` is not permitted
--   help: docs/sql.md lists what there is
-- no other query is known

-- # TABLESAMPLE
select avg(spend) from market.outcomes tablesample 5%
-- syntax-is-known (Galley) at 1:24, "market.outcomes"
--   `TABLESAMPLE` is not part of the SQL that Galley can protect
--   help: ask of all rows; the price is the same
-- write instead:
select avg(spend) from market.outcomes
-- (of all rows instead of a sample)

-- # text compared with a number
select count(*) from market.outcomes where zip > 10
-- types-match (Galley) at 1:44, "zip"
--   `>` does not take a text and a whole number
--   help: compare values of one type
-- write instead:
select count(*) from market.outcomes where zip > '10'
-- (compared as text: `'10'`)

-- # the sum of text
select sum(zip) from market.outcomes
-- types-match (Galley) at 1:12, "zip"
--   `sum` does not take a text
--   help: give it a number
-- no other query is known

-- # a public table by itself
select department, count(*) from market.catalogue group by department
-- syntax-is-known (Galley) at 1:34, "market.catalogue"
--   `question over public tables alone` is not part of the SQL that Galley can protect
--   help: join it with a table of persons: what is public needs no protection
-- no other query is known

-- # a public table joined on no declared key
select k.department, count(*) from market.events e join market.catalogue k on e.amount = k.price group by k.department
-- join-uses-match-key (market) at 1:52, "join"
--   `market.catalogue` is not joined on the person
--   help: join with an equality of identity columns: market.catalogue.category = …
-- no other query is known

-- # a natural join
select count(*) from market.outcomes natural join brand.campaign
-- syntax-is-known (Galley) at 1:38, "natural"
--   `NATURAL JOIN` is not part of the SQL that Galley can protect
--   help: join with ON or USING, on a condition that names its columns
-- write instead:
select count(*) from market.outcomes cross join brand.campaign where outcomes.email = campaign.email
-- (the columns of the join are named)
-- (joined on the person: `outcomes.email = campaign.email`)

-- # a file
select count(*) from 'outcomes.csv'
-- syntax-is-known (Galley) at 1:22, "'"
--   `file or quoted table name` is not part of the SQL that Galley can protect
--   help: read only tables of the collaboration, `member.table`
-- no other query is known

-- # the count of all other columns
select count(distinct secret_score) from market.outcomes
-- measure-is-permitted (market) at 1:23, "secret_score"
--   `secret_score` may not be aggregated
--   help: aggregate one of: visit, spend
-- no other query is known

-- # several rules of two owners at once
select secret_score, o.email, sum(o.spend / o.visit)
from market.outcomes o
join brand.campaign c on o.zip = c.arm
where o.secret_score > 700
  and c.colour = 'red'
limit 10
-- output-is-aggregated (market) at 1:8, "secret_score"
--   output column `secret_score` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct …), or group by one of: zip, arm, mens
-- output-is-aggregated (Galley) at 1:22, "o.email"
--   output column `o.email` is not aggregated and is not a permitted group key
--   help: wrap it in an aggregate such as count(distinct …), or group by one of: zip, arm, mens
-- sum-is-bounded (Galley) at 1:31, "sum"
--   `sum` has no bound for one person
--   help: write sum(clamp(…, 0, 500)), or sum(auto_clamp(…)) to have bounds found at a part of the price, or ask the owner to declare `min` and `max` of the measure
-- join-uses-match-key (brand) at 3:1, "join"
--   `brand.campaign` is not joined on the person
--   help: join with an equality of identity columns: market.outcomes.email = brand.campaign.email
-- filter-is-permitted (market) at 4:7, "o.secret_score"
--   `secret_score` may not be used to filter
--   help: filter by one of: visit, zip
-- column-is-known (Galley) at 5:7, "c.colour"
--   column `c.colour` is not known here
--   help: use one of: o.email, o.visit, o.spend, o.zip, o.secret_score, c.email, c.arm, c.mens
-- no other query is known

-- # mistakes inside a WITH query
with visits as (
  select emial, count(*) as n
  from market.events
  where amout > 10
  group by emial
)
select n, count(*) from visits group by n
-- column-is-known (Galley) at 2:10, "emial"
--   column `emial` is not known here
--   help: did you mean `events.email`? else use one of: events.email, events.category, events.day, events.amount
-- column-is-known (Galley) at 4:9, "amout"
--   column `amout` is not known here
--   help: did you mean `events.amount`? else use one of: events.email, events.category, events.day, events.amount
-- column-is-known (Galley) at 5:12, "emial"
--   column `emial` is not known here
--   help: did you mean `events.email`? else use one of: events.email, events.category, events.day, events.amount
-- write instead:
with visits as (
  select email, count(*) as n
  from market.events
  where amount > 10
  group by email
)
select n, count(*) from visits group by n
-- (`emial` is `email`)
-- (`amout` is `amount`)

-- # Chinese names before a mistake
select zip as 地区, count(*) as 人数, sum(spent) as 金额 from market.outcomes where zip = '上海' group by zip
-- column-is-known (Galley) at 1:39, "spent"
--   column `spent` is not known here
--   help: did you mean `outcomes.spend`? else use one of: outcomes.email, outcomes.visit, outcomes.spend, outcomes.zip, outcomes.secret_score
-- write instead:
select zip as 地区, count(*) as 人数, sum(spend) as 金额 from market.outcomes where zip = '上海' group by zip
-- (`spent` is `spend`)

-- # a median of something unbounded
select median(spend / visit) from market.outcomes
-- sum-is-bounded (Galley) at 1:8, "median"
--   `median` has no bound for one person
--   help: write median(clamp(…, 0, 500)), or median(auto_clamp(…)) to have bounds found at a part of the price, or ask the owner to declare `min` and `max` of the measure
-- write instead:
select median(clamp(spend / visit, 0, 500)) from market.outcomes
-- (`spend / visit` is kept from 0 to 500)

-- # QUALIFY below
select count(*) from (select email, amount from market.events qualify row_number() over (partition by email order by day) = 1) s
-- syntax-is-known (Galley) at 1:71, "row_number"
--   `QUALIFY over protected rows` is not part of the SQL that Galley can protect
--   help: pick rows of a person with min, max, min_by or max_by in a query grouped by the person
-- no other query is known

-- # sums of a CASE with text
select sum(case when visit = 1 then spend else 'none' end) from market.outcomes
-- types-match (Galley) at 1:12, "case"
--   `case` does not take different types
--   help: give all branches one type
-- no other query is known

-- # group by a number that is no column
select zip, count(*) from market.outcomes group by 3
-- output-is-aggregated (market) at 1:8, "zip"
--   output column `zip` is neither aggregated nor named in GROUP BY
--   help: add zip to GROUP BY
-- syntax-is-known (Galley) at 1:52, "3"
--   `GROUP BY 3` is not part of the SQL that Galley can protect
--   help: name a position from 1 to 2
-- no other query is known

-- # UNION of key lists
select count(*) from (select zip from market.outcomes union select arm from brand.campaign) s
-- syntax-is-known (Galley) at 1:30, "zip"
--   `UNION of protected rows without their identity` is not part of the SQL that Galley can protect
--   help: write UNION ALL, or select the identity in every part
-- no other query is known

-- # a pivot of rows
pivot market.outcomes on zip using count(*)
-- statement-is-one-select (Galley) at 1:1, "p"
--   the statement is not a SELECT
--   help: write one SELECT statement, without a second statement after it
-- no other query is known

-- # an update
update market.outcomes set visit = 0
-- statement-is-one-select (Galley) at 1:1, "u"
--   the statement is not a SELECT
--   help: write one SELECT statement, without a second statement after it
-- no other query is known
