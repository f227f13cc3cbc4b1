-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, CASE WHEN ("t0"."amount" IS NOT NULL) THEN 1 ELSE 0 END AS s1, TRY_CAST("t0"."amount" AS DECIMAL(18, 2)) AS s2, TRY_CAST("t0"."amount" AS DECIMAL(18, 2)) AS s3
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "amount"
FROM (SELECT "email", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "amount", $1), "email", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, least(CAST(sum(s1) AS BIGINT), CAST('20' AS BIGINT)) AS s1, greatest(CAST('0.00' AS DECIMAL(18, 2)), least(CAST('300.00' AS DECIMAL(18, 2)), coalesce(sum(CASE WHEN s2 > CAST('100.00' AS DECIMAL(18, 2)) THEN CAST('100.00' AS DECIMAL(18, 2)) WHEN s2 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s2 END), 0))) AS s2, CAST(greatest(CAST('0' AS HUGEINT), least(CAST('500000000' AS HUGEINT), CAST(coalesce(sum((CAST(CAST((CASE WHEN s3 > CAST('100.00' AS DECIMAL(18, 2)) THEN CAST('100.00' AS DECIMAL(18, 2)) WHEN s3 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s3 END) * 100 AS BIGINT) AS BIGINT) - CAST('5000' AS BIGINT)) * (CAST(CAST((CASE WHEN s3 > CAST('100.00' AS DECIMAL(18, 2)) THEN CAST('100.00' AS DECIMAL(18, 2)) WHEN s3 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s3 END) * 100 AS BIGINT) AS BIGINT) - CAST('5000' AS BIGINT))), 0) AS HUGEINT))) AS BIGINT) AS s3
FROM r
GROUP BY p)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(CAST(sum(s2) * 100 AS HUGEINT) AS VARCHAR) AS s2, CAST(sum(s3) AS VARCHAR) AS s3
FROM b

-- asked of the release
SELECT "r0"."m0" AS "v", "r0"."m1" AS "s"
FROM "release_0" AS "r0"
