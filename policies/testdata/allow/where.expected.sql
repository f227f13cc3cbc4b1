-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "visit", "zip"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "visit", "zip"
FROM (SELECT "email", "visit", "zip", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "visit", "zip", $1), "email", "visit", "zip") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND ("t0"."visit" = CAST('1' AS BIGINT)) AND ("t0"."zip" IN ('10', '20')) AND (NOT TRY("t0"."zip" LIKE '9%')) AND hash($1) IS NOT NULL),
b AS (SELECT p, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b

-- asked of the release
SELECT "r0"."m0" AS "n"
FROM "release_0" AS "r0"
