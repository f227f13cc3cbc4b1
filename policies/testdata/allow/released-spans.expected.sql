-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, "t0"."day" AS k0, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "day"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "day"
FROM (SELECT "email", "day", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "day", $1), "email", "day") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, least(CAST(count(*) AS BIGINT), CAST('20' AS BIGINT)) AS s1
FROM r
GROUP BY p, k0), h AS MATERIALIZED (SELECT p
FROM b
GROUP BY p
HAVING count(*) > 3),
l AS (SELECT p, k0, s1
FROM b ANTI JOIN h USING (p) UNION ALL SELECT p, k0, s1
FROM (SELECT p, k0, s1, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, $1), k0, p) AS n
FROM b SEMI JOIN h USING (p))
WHERE n <= 3)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT TRY_CAST(TRY(TRY_CAST("d"."day" AS TIMESTAMP) + CAST('0 months 30 days 0 microseconds' AS INTERVAL)) AS TIMESTAMP) AS "due"
FROM (SELECT "r0"."k0" AS "day", "r0"."m0" AS "n", "r0"."m0_ci95_low" AS "n_ci95_low", "r0"."m0_ci95_high" AS "n_ci95_high"
FROM "release_0" AS "r0") AS "d"
WHERE (TRY_CAST("d"."day" AS TIMESTAMP) > TRY_CAST(TRY(TRY_CAST(TRY_CAST('2024-01-01' AS DATE) AS TIMESTAMP) - CAST('1 months 3 days 0 microseconds' AS INTERVAL)) AS TIMESTAMP))
