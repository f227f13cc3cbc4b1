-- bounds found behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, CAST(CAST(CAST(TRY_CAST(TRY_CAST(TRY("t1"."spend" * CAST('2' AS BIGINT)) AS DECIMAL(18, 2)) AS DECIMAL(18, 2)) AS DECIMAL(38, 2)) * 100 AS BIGINT) AS HUGEINT) AS v
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", $1), "email") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0 JOIN (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "spend"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "spend"
FROM (SELECT "email", "spend", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "spend", $1), "email", "spend") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t1 ON "t1"."email" = "t0"."email"
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, max(v) FILTER (WHERE v >= 0) AS up, max(-v) FILTER (WHERE v < 0) AS down
FROM r
GROUP BY p) SELECT bin, CAST(count(*) AS VARCHAR) AS persons
FROM (SELECT unnest([CAST(CASE WHEN up <= 1 THEN 0 ELSE length(bin(up - 1)) END AS BIGINT), CAST(CASE WHEN down <= 1 THEN 0 ELSE length(bin(down - 1)) END AS BIGINT) + 64]) AS bin
FROM b)
WHERE bin IS NOT NULL
GROUP BY bin

-- bounds found behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, CAST(CAST(CAST(TRY_CAST(TRY_CAST(TRY(CAST("t1"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE) AS DECIMAL(18, 6)) AS DECIMAL(38, 6)) * 1000000 AS BIGINT) AS HUGEINT) AS v
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", $1), "email") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0 JOIN (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "spend"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "spend"
FROM (SELECT "email", "spend", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "spend", $1), "email", "spend") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t1 ON "t1"."email" = "t0"."email"
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, max(v) FILTER (WHERE v >= 0) AS up, max(-v) FILTER (WHERE v < 0) AS down
FROM r
GROUP BY p) SELECT bin, CAST(count(*) AS VARCHAR) AS persons
FROM (SELECT unnest([CAST(CASE WHEN up <= 1 THEN 0 ELSE length(bin(up - 1)) END AS BIGINT), CAST(CASE WHEN down <= 1 THEN 0 ELSE length(bin(down - 1)) END AS BIGINT) + 64]) AS bin
FROM b)
WHERE bin IS NOT NULL
GROUP BY bin

-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, "t0"."arm" AS k0, TRY_CAST(TRY_CAST(TRY("t1"."spend" * CAST('2' AS BIGINT)) AS DECIMAL(18, 2)) AS DECIMAL(18, 2)) AS s1, CASE WHEN (TRY_CAST(TRY(CAST("t1"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE) IS NOT NULL) THEN 1 ELSE 0 END AS s2, TRY_CAST(TRY_CAST(TRY(CAST("t1"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE) AS DECIMAL(18, 6)) AS s3, TRY_CAST(TRY_CAST(TRY(CAST("t1"."spend" AS DOUBLE) / nullif(CAST(CAST('3' AS BIGINT) AS DOUBLE), 0)) AS DOUBLE) AS DECIMAL(18, 6)) AS s4
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "arm"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "arm"
FROM (SELECT "email", "arm", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "arm", $1), "email", "arm") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0 JOIN (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "spend"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "spend"
FROM (SELECT "email", "spend", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "spend", $1), "email", "spend") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t1 ON "t1"."email" = "t0"."email"
WHERE "t0"."email" IS NOT NULL AND ("t0"."arm" IN ('gift', 'coupon', 'control')) AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, greatest(CAST('0' AS BIGINT), least(CAST('1' AS BIGINT), coalesce(CAST((CASE WHEN s1 > CAST('0.01' AS DECIMAL(18, 2)) THEN CAST('0.01' AS DECIMAL(18, 2)) WHEN s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s1 END) * 100 AS BIGINT), 0))) AS s1, least(CAST(s2 AS BIGINT), CAST('1' AS BIGINT)) AS s2, greatest(CAST('0' AS BIGINT), least(CAST('1' AS BIGINT), coalesce(CAST((CASE WHEN s3 > CAST('0.000001' AS DECIMAL(18, 6)) THEN CAST('0.000001' AS DECIMAL(18, 6)) WHEN s3 < CAST('0.000000' AS DECIMAL(18, 6)) THEN CAST('0.000000' AS DECIMAL(18, 6)) ELSE s3 END) * 1000000 AS BIGINT), 0))) AS s3, greatest(CAST('0' AS BIGINT), least(CAST('1' AS BIGINT), coalesce((CAST(CAST((CASE WHEN s4 > CAST('0.000001' AS DECIMAL(18, 6)) THEN CAST('0.000001' AS DECIMAL(18, 6)) WHEN s4 < CAST('0.000000' AS DECIMAL(18, 6)) THEN CAST('0.000000' AS DECIMAL(18, 6)) ELSE s4 END) * 1000000 AS BIGINT) AS BIGINT) - CAST('0' AS BIGINT)) * (CAST(CAST((CASE WHEN s4 > CAST('0.000001' AS DECIMAL(18, 6)) THEN CAST('0.000001' AS DECIMAL(18, 6)) WHEN s4 < CAST('0.000000' AS DECIMAL(18, 6)) THEN CAST('0.000000' AS DECIMAL(18, 6)) ELSE s4 END) * 1000000 AS BIGINT) AS BIGINT) - CAST('0' AS BIGINT)), 0))) AS s4
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2, CAST(sum(s3) AS VARCHAR) AS s3, CAST(sum(s4) AS VARCHAR) AS s4
FROM b
GROUP BY k0

-- asked of the release
SELECT "r0"."k0" AS "arm", "r0"."m0" AS "total", "r0"."m1" AS "spread"
FROM "release_0" AS "r0"
