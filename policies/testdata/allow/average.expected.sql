-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, TRY_CAST("t0"."amount" AS DECIMAL(18, 2)) AS s1, CASE WHEN ("t0"."amount" IS NOT NULL) THEN 1 ELSE 0 END AS s2
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "amount"
FROM (SELECT "email", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "amount", $1), "email", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, greatest(CAST('0.00' AS DECIMAL(18, 2)), least(CAST('300.00' AS DECIMAL(18, 2)), coalesce(sum(CASE WHEN s1 > CAST('100.00' AS DECIMAL(18, 2)) THEN CAST('100.00' AS DECIMAL(18, 2)) WHEN s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s1 END), 0))) AS s1, least(CAST(sum(s2) AS BIGINT), CAST('20' AS BIGINT)) AS s2
FROM r
GROUP BY p)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(CAST(sum(s1) * 100 AS HUGEINT) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2
FROM b

-- asked of the release
SELECT "r0"."m0" AS "amount"
FROM "release_0" AS "r0"
