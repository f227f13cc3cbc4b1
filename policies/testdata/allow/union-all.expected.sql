-- counted behind the wall: 0
WITH r AS (SELECT "t0"."the person" AS p, left("t0"."c0", 250) AS k0, 1 AS s1
FROM (SELECT "t1"."email" AS "the person", TRY_CAST("t1"."zip" AS VARCHAR) AS "c0"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "zip"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "zip"
FROM (SELECT "email", "zip", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "zip", $1), "email", "zip") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t1
WHERE "t1"."email" IS NOT NULL UNION ALL SELECT "t2"."email" AS "the person", TRY_CAST("t2"."category" AS VARCHAR) AS "c0"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "category"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "category"
FROM (SELECT "email", "category", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "category", $1), "email", "category") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t2
WHERE "t2"."email" IS NOT NULL) AS t0
WHERE "t0"."the person" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, least(CAST(count(*) AS BIGINT), CAST('21' AS BIGINT)) AS s1
FROM r
GROUP BY p, k0), h AS MATERIALIZED (SELECT p
FROM b
GROUP BY p
HAVING count(*) > 1),
l AS (SELECT p, k0, s1
FROM b ANTI JOIN h USING (p) UNION ALL SELECT p, k0, s1
FROM (SELECT p, k0, s1, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, $1), k0, p) AS n
FROM b SEMI JOIN h USING (p))
WHERE n <= 1)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT "r0"."k0" AS "place", "r0"."m0" AS "contacts", "r0"."m1" AS "persons"
FROM "release_0" AS "r0"
