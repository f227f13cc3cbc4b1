-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, 1 AS s1, TRY_CAST("t0"."visit" AS BIGINT) AS s2
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "visit"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "visit"
FROM (SELECT "email", "visit", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "visit", $1), "email", "visit") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1, greatest(CAST('0' AS BIGINT), least(CAST('1' AS BIGINT), coalesce(CASE WHEN s2 > CAST('1' AS BIGINT) THEN CAST('1' AS BIGINT) WHEN s2 < CAST('0' AS BIGINT) THEN CAST('0' AS BIGINT) ELSE s2 END, 0))) AS s2
FROM r)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2
FROM b

-- asked of the release
SELECT "r0"."m0" AS "n", "r0"."m2" AS "rate"
FROM "release_0" AS "r0"
