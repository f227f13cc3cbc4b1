-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, TRY_CAST((CASE WHEN ("t0"."visit" = CAST('1' AS BIGINT)) THEN "t0"."spend" ELSE CAST('0' AS BIGINT) END) AS DECIMAL(18, 2)) AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "visit", "spend"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "visit", "spend"
FROM (SELECT "email", "visit", "spend", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "visit", "spend", $1), "email", "visit", "spend") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, greatest(CAST('0' AS BIGINT), least(CAST('50000' AS BIGINT), coalesce(CAST((CASE WHEN s1 > CAST('500.00' AS DECIMAL(18, 2)) THEN CAST('500.00' AS DECIMAL(18, 2)) WHEN s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s1 END) * 100 AS BIGINT), 0))) AS s1
FROM r)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b

-- asked of the release
SELECT "r0"."m0" AS "spend"
FROM "release_0" AS "r0"
