-- counted behind the wall: 0
WITH r AS (SELECT t0."email" AS p, "t0"."arm" AS k0, CAST(CAST(TRY_CAST("t2"."amount" AS DECIMAL(18, 2)) AS DECIMAL(38, 2)) * 100 AS HUGEINT) AS s1
FROM (SELECT "email", "arm"
FROM (SELECT "email", "arm", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "arm"), "email", "arm") AS "row of person"
FROM "brand.campaign")
WHERE "row of person" <= 1) AS t0 JOIN (SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email"), "email") AS "row of person"
FROM "market.outcomes")
WHERE "row of person" <= 1) AS t1 ON t1."email" = t0."email" JOIN (SELECT "email", "amount"
FROM (SELECT "email", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "amount"), "email", "amount") AS "row of person"
FROM "market.events")
WHERE "row of person" <= 20) AS t2 ON t2."email" = t0."email"
WHERE t0."email" IS NOT NULL AND "t0"."arm" IN ('gift', 'coupon', 'control')),
b AS (SELECT p, k0, greatest(CAST('0' AS HUGEINT), least(CAST('30000' AS HUGEINT), CAST(coalesce(sum(s1), 0) AS HUGEINT))) AS s1
FROM r
GROUP BY p, k0),
l AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, $1), k0, p) AS n
FROM b)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
WHERE n <= 1
GROUP BY k0

-- asked of the release
SELECT "r0"."k0" AS "arm", "r0"."m0" AS "amount"
FROM "release_0" AS "r0"
