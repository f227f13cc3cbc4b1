-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, "t0"."arm" AS k0, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "arm"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "arm"
FROM (SELECT "email", "arm", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "arm", $1), "email", "arm") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0 LEFT JOIN (SELECT "t2"."email" AS "the person"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "category"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "category"
FROM (SELECT "email", "category", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "category", $1), "email", "category") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t2
WHERE "t2"."email" IS NOT NULL AND ("t2"."category" = 'shoes')
GROUP BY "t2"."email") AS t1 ON "t1"."the person" = "t0"."email"
WHERE "t0"."email" IS NOT NULL AND ("t1"."the person" IS NOT NULL) AND ("t0"."arm" IN ('gift', 'coupon', 'control')) AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b
GROUP BY k0

-- asked of the release
SELECT "r0"."k0" AS "arm", "r0"."m0" AS "buyers"
FROM "release_0" AS "r0"
