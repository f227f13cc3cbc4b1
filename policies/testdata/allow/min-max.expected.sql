-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, left("t0"."category", 250) AS k0, TRY_CAST("t0"."amount" AS DECIMAL(18, 2)) AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "category", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "category", "amount"
FROM (SELECT "email", "category", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "category", "amount", $1), "email", "category", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, min(CAST(hash(p, s1, $1) >> 13 AS BIGINT) * 4096 + CAST((CAST(CAST((CASE WHEN s1 > CAST('100.00' AS DECIMAL(18, 2)) THEN CAST('100.00' AS DECIMAL(18, 2)) WHEN s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s1 END) * 100 AS BIGINT) AS BIGINT) - CAST('0' AS BIGINT)) * 256 // CAST('10001' AS BIGINT) AS SMALLINT), 7) FILTER (WHERE s1 IS NOT NULL) AS s1
FROM r
GROUP BY p, k0), h AS MATERIALIZED (SELECT p
FROM b
GROUP BY p
HAVING count(*) > 3),
l AS (SELECT p, k0, s1
FROM b ANTI JOIN h USING (p) UNION ALL SELECT p, k0, s1
FROM (SELECT p, k0, s1, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, $1), k0, p) AS n
FROM b SEMI JOIN h USING (p))
WHERE n <= 3), g AS (SELECT k0, CAST(count(*) AS VARCHAR) AS s0
FROM l
GROUP BY k0
HAVING count(*) >= 50), ds1 AS (SELECT k0, string_agg(v || ':' || n, ',' ORDER BY v) AS s1
FROM (SELECT k0, v, count(*) AS n
FROM (SELECT a.k0, CAST(a.v % 4096 AS SMALLINT) AS v
FROM (SELECT p, k0, unnest(s1) AS v
FROM l) AS a
WHERE a.v IS NOT NULL)
GROUP BY k0, v)
GROUP BY k0) SELECT g.k0, g.s0, ds1.s1
FROM g LEFT JOIN ds1 ON g.k0 IS NOT DISTINCT
FROM ds1.k0

-- asked of the release
SELECT "r0"."k0" AS "category", "r0"."m0" AS "low", "r0"."m1" AS "high"
FROM "release_0" AS "r0"
