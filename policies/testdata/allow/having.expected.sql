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

-- asked of the release
SELECT "r0"."k0" AS "zip", "r0"."m0" AS "n"
FROM "release_0" AS "r0"
WHERE ("r0"."m0" > CAST('100' AS BIGINT))
