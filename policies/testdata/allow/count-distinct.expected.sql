-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, "t0"."category" AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "category"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "category"
FROM (SELECT "email", "category", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "category", $1), "email", "category") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p
FROM r
GROUP BY p), g AS (SELECT CAST(count(*) AS VARCHAR) AS s0
FROM b), ds1 AS (SELECT CAST(count(DISTINCT v) AS VARCHAR) AS s1
FROM (SELECT a.s1 AS v
FROM r AS a
WHERE a.s1 IS NOT NULL)) SELECT g.s0, ds1.s1
FROM g LEFT JOIN ds1 ON TRUE

-- asked of the release
SELECT "r0"."m0" AS "categories"
FROM "release_0" AS "r0"
