-- counted behind the wall: 0
WITH r AS (SELECT t0."email" AS p, CAST(CAST(TRY_CAST((CASE WHEN ("t0"."visit" = CAST('1' AS BIGINT)) THEN "t0"."spend" ELSE CAST('0' AS BIGINT) END) AS DECIMAL(18, 2)) AS DECIMAL(38, 2)) * 100 AS HUGEINT) AS s1
FROM "market.outcomes" AS t0
WHERE t0."email" IS NOT NULL),
b AS (SELECT p, greatest(CAST('0' AS HUGEINT), least(CAST('50000' AS HUGEINT), CAST(coalesce(sum(s1), 0) AS HUGEINT))) AS s1
FROM r
GROUP BY p),
l AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(p, $1), p) AS n
FROM b)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
WHERE n <= 1

-- asked of the release
SELECT "r0"."m0" AS "spend"
FROM "release_0" AS "r0"
