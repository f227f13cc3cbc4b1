-- counted behind the wall: 0
WITH r AS (SELECT t0."email" AS p, CAST(CAST(TRY_CAST(TRY_CAST(TRY(CASE WHEN TRY_CAST(TRY(CAST("t0"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE) IS NULL OR isnan(CAST(TRY_CAST(TRY(CAST("t0"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE) AS DOUBLE)) THEN NULL ELSE greatest(CAST('0' AS BIGINT), least(CAST('100' AS BIGINT), TRY_CAST(TRY(CAST("t0"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE))) END) AS DOUBLE) AS DECIMAL(18, 6)) AS DECIMAL(38, 6)) * 1000000 AS HUGEINT) AS s1
FROM "market.outcomes" AS t0
WHERE t0."email" IS NOT NULL),
b AS (SELECT p, greatest(CAST('0' AS HUGEINT), least(CAST('100000000' AS HUGEINT), CAST(coalesce(sum(s1), 0) AS HUGEINT))) AS s1
FROM r
GROUP BY p),
l AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(p, $1), p) AS n
FROM b)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
WHERE n <= 1

-- asked of the release
SELECT "r0"."m0" AS "third"
FROM "release_0" AS "r0"
