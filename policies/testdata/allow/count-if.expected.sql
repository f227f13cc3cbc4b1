-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, CASE WHEN ("t0"."visit" = CAST('1' AS BIGINT)) THEN 1 ELSE 0 END AS s1, CASE WHEN ("t0"."spend" IS NOT NULL) THEN 1 ELSE 0 END AS s2
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "visit", "spend"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "visit", "spend"
FROM (SELECT "email", "visit", "spend", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "visit", "spend", $1), "email", "visit", "spend") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1, least(CAST(s2 AS BIGINT), CAST('1' AS BIGINT)) AS s2
FROM r)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2
FROM b

-- asked of the release
SELECT "r0"."m0" AS "visits", "r0"."m1" AS "paid"
FROM "release_0" AS "r0"
