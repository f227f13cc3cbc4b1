-- counted behind the wall: 0
WITH r AS (SELECT "t0"."the person" AS p, CASE WHEN ("t0"."v0" IS NOT NULL) THEN 1 ELSE 0 END AS s1, CASE WHEN ("t0"."v1" >= "t0"."v0") THEN 1 ELSE 0 END AS s2
FROM (SELECT "t1"."email" AS "the person", min("t1"."day") FILTER (WHERE ("t1"."category" = 'viewed')) AS "v0", min("t1"."day") FILTER (WHERE ("t1"."category" = 'bought')) AS "v1"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "day", "category"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "day", "category"
FROM (SELECT "email", "day", "category", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "day", "category", $1), "email", "day", "category") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t1
WHERE "t1"."email" IS NOT NULL
GROUP BY "t1"."email") AS t0
WHERE "t0"."the person" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1, least(CAST(s2 AS BIGINT), CAST('1' AS BIGINT)) AS s2
FROM r)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2
FROM b

-- asked of the release
SELECT "r0"."m0" AS "viewers", "r0"."m1" AS "buyers", "r0"."m2" AS "rate"
FROM "release_0" AS "r0"
