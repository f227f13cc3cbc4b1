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
WITH r AS (SELECT "t0"."email" AS p, left("t0"."category", 250) AS k0
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "category"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "category"
FROM (SELECT "email", "category", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "category", $1), "email", "category") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0
FROM r
GROUP BY p, k0), h AS MATERIALIZED (SELECT p
FROM b
GROUP BY p
HAVING count(*) > 3),
l AS (SELECT p, k0
FROM b ANTI JOIN h USING (p) UNION ALL SELECT p, k0
FROM (SELECT p, k0, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, $1), k0, p) AS n
FROM b SEMI JOIN h USING (p))
WHERE n <= 3)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0
FROM l
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT "a"."zip" AS "zip", "a"."n" AS "n"
FROM ((SELECT "r0"."k0" AS "zip", "r0"."m0" AS "n", "r0"."m0_ci95_low" AS "n_ci95_low", "r0"."m0_ci95_high" AS "n_ci95_high"
FROM "release_0" AS "r0") AS "a" ANTI JOIN (SELECT "r1"."k0" AS "category"
FROM "release_1" AS "r1") AS "b" ON ("a"."zip" = "b"."category"))
