-- counted behind the wall: 0
WITH r AS (SELECT "t0"."the person" AS p, (CASE WHEN ("t0"."v0" >= TRY_CAST('2024-11-01' AS DATE)) THEN 'recent' ELSE 'past' END) AS k0, (CASE WHEN ("t0"."v1" >= CAST('5' AS BIGINT)) THEN 'often' WHEN ("t0"."v1" >= CAST('2' AS BIGINT)) THEN 'again' ELSE 'once' END) AS k1, 1 AS s1, TRY_CAST("t0"."v2" AS DECIMAL(18, 2)) AS s2, CASE WHEN ("t0"."v2" IS NOT NULL) THEN 1 ELSE 0 END AS s3
FROM (SELECT "t1"."email" AS "the person", max("t1"."day") AS "v0", count(*) AS "v1", TRY_CAST(sum(TRY_CAST("t1"."amount" AS DECIMAL(18, 2))) AS DECIMAL(18, 2)) AS "v2"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "day", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "day", "amount"
FROM (SELECT "email", "day", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "day", "amount", $1), "email", "day", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t1
WHERE "t1"."email" IS NOT NULL
GROUP BY "t1"."email") AS t0
WHERE "t0"."the person" IS NOT NULL AND ((CASE WHEN ("t0"."v0" >= TRY_CAST('2024-11-01' AS DATE)) THEN 'recent' ELSE 'past' END) IN ('recent', 'past')) AND ((CASE WHEN ("t0"."v1" >= CAST('5' AS BIGINT)) THEN 'often' WHEN ("t0"."v1" >= CAST('2' AS BIGINT)) THEN 'again' ELSE 'once' END) IN ('often', 'again', 'once')) AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, k1, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1, greatest(CAST('0' AS BIGINT), least(CAST('30000' AS BIGINT), coalesce(CAST((CASE WHEN s2 > CAST('300.00' AS DECIMAL(18, 2)) THEN CAST('300.00' AS DECIMAL(18, 2)) WHEN s2 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s2 END) * 100 AS BIGINT), 0))) AS s2, least(CAST(s3 AS BIGINT), CAST('1' AS BIGINT)) AS s3
FROM r)
SELECT k0, k1, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2, CAST(sum(s3) AS VARCHAR) AS s3
FROM b
GROUP BY k0, k1

-- asked of the release
SELECT "r0"."k0" AS "recency", "r0"."k1" AS "frequency", "r0"."m0" AS "persons", "r0"."m1" AS "money"
FROM "release_0" AS "r0"
