-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, left("t0"."zip", 250) AS k0, TRY_CAST(list_transform([TRY_CAST(galley_f0(TRY_CAST("t0"."visit" AS BIGINT), TRY_CAST("t0"."spend" AS DOUBLE)) AS DECIMAL(18, 2))], lambda score: CASE WHEN score IS NULL THEN NULL ELSE greatest(CAST('0.00' AS DECIMAL(18, 2)), least(CAST('1.00' AS DECIMAL(18, 2)), score)) END)[1] AS DECIMAL(18, 2)) AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "zip", "visit", "spend"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "zip", "visit", "spend"
FROM (SELECT "email", "zip", "visit", "spend", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "zip", "visit", "spend", $1), "email", "zip", "visit", "spend") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, greatest(CAST('0' AS BIGINT), least(CAST('100' AS BIGINT), coalesce(CAST((CASE WHEN s1 > CAST('1.00' AS DECIMAL(18, 2)) THEN CAST('1.00' AS DECIMAL(18, 2)) WHEN s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s1 END) * 100 AS BIGINT), 0))) AS s1
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT "r0"."k0" AS "zip", "r0"."m0" AS "churn"
FROM "release_0" AS "r0"
