-- counted behind the wall: 0
WITH r AS (SELECT t0."email" AS p, 1 AS s1, TRY_CAST("t0"."visit" AS BIGINT) AS s2
FROM "market.outcomes" AS t0
WHERE t0."email" IS NOT NULL),
b AS (SELECT p, least(CAST(sum(s1) AS HUGEINT), CAST('1' AS HUGEINT)) AS s1, greatest(CAST('0' AS HUGEINT), least(CAST('1' AS HUGEINT), CAST(coalesce(sum(s2), 0) AS HUGEINT))) AS s2
FROM r
GROUP BY p),
l AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(p, $1), p) AS n
FROM b)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2
FROM l
WHERE n <= 1

-- asked of the release
SELECT "r0"."m0" AS "n", TRY_CAST(TRY(CAST("r0"."m1" AS DOUBLE) / nullif(CAST("r0"."m0" AS DOUBLE), 0)) AS DOUBLE) AS "rate"
FROM "release_0" AS "r0"
