-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, TRY_CAST("t0"."amount" AS DECIMAL(18, 2)) AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "amount"
FROM (SELECT "email", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "amount", $1), "email", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p
FROM r
GROUP BY p), g AS (SELECT CAST(count(*) AS VARCHAR) AS s0
FROM b), ds1 AS (SELECT string_agg(v || ':' || n, ',' ORDER BY v) AS s1
FROM (SELECT v, count(*) AS n
FROM (SELECT CAST((CAST(CAST((CASE WHEN a.s1 > CAST('100.00' AS DECIMAL(18, 2)) THEN CAST('100.00' AS DECIMAL(18, 2)) WHEN a.s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE a.s1 END) * 100 AS BIGINT) AS BIGINT) - CAST('0' AS BIGINT)) * 4096 // CAST('10001' AS BIGINT) AS SMALLINT) AS v
FROM r AS a
WHERE a.s1 IS NOT NULL)
GROUP BY v)) SELECT g.s0, ds1.s1
FROM g LEFT JOIN ds1 ON TRUE

-- asked of the release
SELECT "r0"."m0" AS "middle", "r0"."m1" AS "p90", "r0"."m2" AS "p25"
FROM "release_0" AS "r0"
