-- counted behind the wall: 0
WITH r AS (SELECT t0."email" AS p, "t0"."arm" AS k0, "t0"."mens" AS k1, 1 AS s1
FROM "brand.campaign" AS t0
WHERE t0."email" IS NOT NULL),
b AS (SELECT p, k0, k1, least(CAST(sum(s1) AS HUGEINT), CAST('1' AS HUGEINT)) AS s1
FROM r
GROUP BY p, k0, k1),
l AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, k1, $1), k0, k1, p) AS n
FROM b)
SELECT k0, k1, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
WHERE n <= 1
GROUP BY k0, k1
HAVING count(*) >= 50

-- asked of the release
SELECT "r0"."k0" AS "arm", "r0"."k1" AS "mens", "r0"."m0" AS "n"
FROM "release_0" AS "r0"
