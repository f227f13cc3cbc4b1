-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, (CASE WHEN ("t1"."v0" IS NULL) THEN 'never' WHEN (TRY_CAST("t1"."v0" AS TIMESTAMP) >= TRY_CAST(TRY(TRY_CAST(TRY_CAST('2024-11-11' AS DATE) AS TIMESTAMP) - CAST('0 months 30 days 0 microseconds' AS INTERVAL)) AS TIMESTAMP)) THEN 'active' WHEN (TRY_CAST("t1"."v0" AS TIMESTAMP) >= TRY_CAST(TRY(TRY_CAST(TRY_CAST('2024-11-11' AS DATE) AS TIMESTAMP) - CAST('0 months 180 days 0 microseconds' AS INTERVAL)) AS TIMESTAMP)) THEN 'silent' ELSE 'lost' END) AS k0, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "brand.campaign"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email"
FROM "brand.campaign" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", $1), "email") AS "row of person"
FROM "brand.campaign" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0 LEFT JOIN (SELECT "t2"."email" AS "the person", max("t2"."day") AS "v0"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "day"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "day"
FROM (SELECT "email", "day", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "day", $1), "email", "day") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t2
WHERE "t2"."email" IS NOT NULL
GROUP BY "t2"."email") AS t1 ON "t1"."the person" = "t0"."email"
WHERE "t0"."email" IS NOT NULL AND ((CASE WHEN ("t1"."v0" IS NULL) THEN 'never' WHEN (TRY_CAST("t1"."v0" AS TIMESTAMP) >= TRY_CAST(TRY(TRY_CAST(TRY_CAST('2024-11-11' AS DATE) AS TIMESTAMP) - CAST('0 months 30 days 0 microseconds' AS INTERVAL)) AS TIMESTAMP)) THEN 'active' WHEN (TRY_CAST("t1"."v0" AS TIMESTAMP) >= TRY_CAST(TRY(TRY_CAST(TRY_CAST('2024-11-11' AS DATE) AS TIMESTAMP) - CAST('0 months 180 days 0 microseconds' AS INTERVAL)) AS TIMESTAMP)) THEN 'silent' ELSE 'lost' END) IN ('never', 'active', 'silent', 'lost')) AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b
GROUP BY k0

-- asked of the release
SELECT "r0"."k0" AS "stage", "r0"."m0" AS "persons"
FROM "release_0" AS "r0"
