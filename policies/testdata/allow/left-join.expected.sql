-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, "t0"."arm" AS k0, 1 AS s1, CASE WHEN ("t1"."email" IS NOT NULL) THEN 1 ELSE 0 END AS s2, TRY_CAST("t1"."spend" AS DECIMAL(18, 2)) AS s3
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "arm"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "arm"
FROM (SELECT "email", "arm", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "arm", $1), "email", "arm") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0 LEFT JOIN (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "spend", "visit"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "spend", "visit"
FROM (SELECT "email", "spend", "visit", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "spend", "visit", $1), "email", "spend", "visit") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t1 ON "t1"."email" = "t0"."email" AND ("t1"."visit" = CAST('1' AS BIGINT))
WHERE "t0"."email" IS NOT NULL AND ("t0"."arm" IN ('gift', 'coupon', 'control')) AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1, least(CAST(s2 AS BIGINT), CAST('1' AS BIGINT)) AS s2, greatest(CAST('0' AS BIGINT), least(CAST('50000' AS BIGINT), coalesce(CAST((CASE WHEN s3 > CAST('500.00' AS DECIMAL(18, 2)) THEN CAST('500.00' AS DECIMAL(18, 2)) WHEN s3 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s3 END) * 100 AS BIGINT), 0))) AS s3
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2, CAST(sum(s3) AS VARCHAR) AS s3
FROM b
GROUP BY k0

-- asked of the release
SELECT "r0"."k0" AS "arm", "r0"."m0" AS "persons", "r0"."m1" AS "known", "r0"."m2" AS "spend"
FROM "release_0" AS "r0"
