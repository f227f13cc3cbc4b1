-- counted behind the wall: 0
WITH r AS (SELECT "t0"."the person" AS p, TRY_CAST(list_transform([TRY_CAST(galley_f0(TRY_CAST("t0"."v0" AS BIGINT), TRY_CAST("t0"."v1" AS DOUBLE)) AS DECIMAL(18, 2))], lambda score: CASE WHEN score IS NULL THEN NULL ELSE greatest(CAST('0.00' AS DECIMAL(18, 2)), least(CAST('1.00' AS DECIMAL(18, 2)), score)) END)[1] AS DECIMAL(18, 2)) AS s1, CASE WHEN (list_transform([TRY_CAST(galley_f0(TRY_CAST("t0"."v0" AS BIGINT), TRY_CAST("t0"."v1" AS DOUBLE)) AS DECIMAL(18, 2))], lambda score: CASE WHEN score IS NULL THEN NULL ELSE greatest(CAST('0.00' AS DECIMAL(18, 2)), least(CAST('1.00' AS DECIMAL(18, 2)), score)) END)[1] IS NOT NULL) THEN 1 ELSE 0 END AS s2
FROM (SELECT "t1"."email" AS "the person", count(*) AS "v0", TRY_CAST(sum(TRY_CAST("t1"."amount" AS DECIMAL(18, 2))) AS DECIMAL(18, 2)) AS "v1"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "amount"
FROM (SELECT "email", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "amount", $1), "email", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t1
WHERE "t1"."email" IS NOT NULL
GROUP BY "t1"."email") AS t0
WHERE "t0"."the person" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, greatest(CAST('0' AS BIGINT), least(CAST('100' AS BIGINT), coalesce(CAST((CASE WHEN s1 > CAST('1.00' AS DECIMAL(18, 2)) THEN CAST('1.00' AS DECIMAL(18, 2)) WHEN s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s1 END) * 100 AS BIGINT), 0))) AS s1, least(CAST(s2 AS BIGINT), CAST('1' AS BIGINT)) AS s2
FROM r)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2
FROM b

-- asked of the release
SELECT "r0"."m0" AS "churn"
FROM "release_0" AS "r0"
