-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, "t0"."arm" AS k0, TRY_CAST("t1"."amount" AS DECIMAL(18, 2)) AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "arm"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "arm"
FROM (SELECT "email", "arm", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "arm", $1), "email", "arm") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0 JOIN (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "amount"
FROM (SELECT "email", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "amount", $1), "email", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t1 ON "t1"."email" = "t0"."email" JOIN (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", $1), "email") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t2 ON "t2"."email" = "t0"."email"
WHERE "t0"."email" IS NOT NULL AND ("t0"."arm" IN ('gift', 'coupon', 'control')) AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, greatest(CAST('0.00' AS DECIMAL(18, 2)), least(CAST('300.00' AS DECIMAL(18, 2)), coalesce(sum(CASE WHEN s1 > CAST('100.00' AS DECIMAL(18, 2)) THEN CAST('100.00' AS DECIMAL(18, 2)) WHEN s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s1 END), 0))) AS s1
FROM r
GROUP BY p, k0)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(CAST(sum(s1) * 100 AS HUGEINT) AS VARCHAR) AS s1
FROM b
GROUP BY k0

-- asked of the release
SELECT "r0"."k0" AS "arm", "r0"."m0" AS "amount"
FROM "release_0" AS "r0"
