-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, TRY_CAST(TRY_CAST(TRY(CASE WHEN TRY_CAST(TRY(CAST("t0"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE) IS NULL OR isnan(CAST(TRY_CAST(TRY(CAST("t0"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE) AS DOUBLE)) THEN NULL ELSE greatest(CAST('0' AS BIGINT), least(CAST('100' AS BIGINT), TRY_CAST(TRY(CAST("t0"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE))) END) AS DOUBLE) AS DECIMAL(18, 6)) AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "spend"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "spend"
FROM (SELECT "email", "spend", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "spend", $1), "email", "spend") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, greatest(CAST('0' AS BIGINT), least(CAST('100000000' AS BIGINT), coalesce(CAST((CASE WHEN s1 > CAST('100.000000' AS DECIMAL(18, 6)) THEN CAST('100.000000' AS DECIMAL(18, 6)) WHEN s1 < CAST('0.000000' AS DECIMAL(18, 6)) THEN CAST('0.000000' AS DECIMAL(18, 6)) ELSE s1 END) * 1000000 AS BIGINT), 0))) AS s1
FROM r)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b

-- asked of the release
SELECT "r0"."m0" AS "third"
FROM "release_0" AS "r0"
