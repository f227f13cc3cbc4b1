-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", $1), "email") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b

-- counted behind the wall: 1
WITH r AS (SELECT "t0"."email" AS p, "t0"."arm" AS k0, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "arm"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "arm"
FROM (SELECT "email", "arm", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "arm", $1), "email", "arm") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND ("t0"."arm" IN ('gift', 'coupon', 'control')) AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b
GROUP BY k0

-- counted behind the wall: 2
WITH r AS (SELECT "t0"."email" AS p, "t0"."arm" AS k0, "t0"."mens" AS k1, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "arm", "mens"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "arm", "mens"
FROM (SELECT "email", "arm", "mens", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "arm", "mens", $1), "email", "arm", "mens") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, k1, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT k0, k1, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b
GROUP BY k0, k1
HAVING count(*) >= 50

-- asked of the release
((SELECT NULL AS "arm", NULL AS "mens", CAST('3' AS BIGINT) AS "level", "r0"."m0" AS "n"
FROM "release_0" AS "r0") UNION ALL (SELECT "r1"."k0" AS "arm", NULL AS "mens", CAST('1' AS BIGINT) AS "level", "r1"."m0" AS "n"
FROM "release_1" AS "r1")) UNION ALL (SELECT "r2"."k0" AS "arm", "r2"."k1" AS "mens", CAST('0' AS BIGINT) AS "level", "r2"."m0" AS "n"
FROM "release_2" AS "r2") ORDER BY 3 ASC, 4 DESC
