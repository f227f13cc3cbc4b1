-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, left("t0"."zip", 250) AS k0, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "zip"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "zip"
FROM (SELECT "email", "zip", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "zip", $1), "email", "zip") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b
GROUP BY k0
HAVING count(*) >= 50

-- counted behind the wall: 1
WITH r AS (SELECT "t0"."email" AS p, left("t0"."zip", 250) AS k0, TRY_CAST("t0"."spend" AS DECIMAL(18, 2)) AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "zip", "spend"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "zip", "spend"
FROM (SELECT "email", "zip", "spend", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "zip", "spend", $1), "email", "zip", "spend") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, greatest(CAST('0' AS BIGINT), least(CAST('50000' AS BIGINT), coalesce(CAST((CASE WHEN s1 > CAST('500.00' AS DECIMAL(18, 2)) THEN CAST('500.00' AS DECIMAL(18, 2)) WHEN s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s1 END) * 100 AS BIGINT), 0))) AS s1
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT "a"."zip" AS "zip", "a"."n" AS "n", "b"."s" AS "s"
FROM ((SELECT "r0"."k0" AS "zip", "r0"."m0" AS "n", "r0"."m0_ci95_low" AS "n_ci95_low", "r0"."m0_ci95_high" AS "n_ci95_high"
FROM "release_0" AS "r0") AS "a" LEFT JOIN (SELECT "r1"."k0" AS "zip", "r1"."m0" AS "s", "r1"."m0_ci95_low" AS "s_ci95_low", "r1"."m0_ci95_high" AS "s_ci95_high"
FROM "release_1" AS "r1") AS "b" ON ("a"."zip" = "b"."zip"))
