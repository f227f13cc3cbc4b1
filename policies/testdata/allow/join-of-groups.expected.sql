-- counted behind the wall: 0
WITH r AS (SELECT t0."email" AS p, "t0"."zip" AS k0, 1 AS s1
FROM "market.outcomes" AS t0
WHERE t0."email" IS NOT NULL),
b AS (SELECT p, k0, least(CAST(sum(s1) AS HUGEINT), CAST('1' AS HUGEINT)) AS s1
FROM r
GROUP BY p, k0),
l AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, $1), k0, p) AS n
FROM b)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
WHERE n <= 1
GROUP BY k0
HAVING count(*) >= 50

-- counted behind the wall: 1
WITH r AS (SELECT t1."email" AS p, "t1"."zip" AS k0, 1 AS s1
FROM "market.outcomes" AS t1
WHERE t1."email" IS NOT NULL AND ("t1"."visit" = CAST('1' AS BIGINT))),
b AS (SELECT p, k0, least(CAST(sum(s1) AS HUGEINT), CAST('1' AS HUGEINT)) AS s1
FROM r
GROUP BY p, k0),
l AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, $1), k0, p) AS n
FROM b)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
WHERE n <= 1
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT "a"."zip" AS "zip", TRY_CAST(TRY(CAST("b"."n" AS DOUBLE) / nullif(CAST("a"."n" AS DOUBLE), 0)) AS DOUBLE) AS "rate"
FROM ((SELECT "r0"."k0" AS "zip", "r0"."m0" AS "n", "r0"."m0_ci95_low" AS "n_ci95_low", "r0"."m0_ci95_high" AS "n_ci95_high"
FROM "release_0" AS "r0") AS "a" JOIN (SELECT "r1"."k0" AS "zip", "r1"."m0" AS "n", "r1"."m0_ci95_low" AS "n_ci95_low", "r1"."m0_ci95_high" AS "n_ci95_high"
FROM "release_1" AS "r1") AS "b" ON ("a"."zip" = "b"."zip"))
