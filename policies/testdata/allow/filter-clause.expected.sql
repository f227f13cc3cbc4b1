-- counted behind the wall: 0
WITH r AS (SELECT t0."email" AS p, CASE WHEN ("t0"."visit" = CAST('1' AS BIGINT)) THEN 1 ELSE 0 END AS s1
FROM "market.outcomes" AS t0
WHERE t0."email" IS NOT NULL),
b AS (SELECT p, CAST(max(s1) AS HUGEINT) AS s1
FROM r
GROUP BY p),
l AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(p, $1), p) AS n
FROM b)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
WHERE n <= 1

-- asked of the release
SELECT "r0"."m0" AS "visitors"
FROM "release_0" AS "r0"
