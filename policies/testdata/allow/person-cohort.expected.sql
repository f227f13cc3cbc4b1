-- counted behind the wall: 0
WITH r AS (SELECT "t0"."the person" AS p, TRY_CAST(TRY(date_trunc('month', TRY_CAST("t0"."v0" AS TIMESTAMP))) AS TIMESTAMP) AS k0, TRY_CAST(TRY(date_diff('month', "t0"."v0", "t2"."day")) AS BIGINT) AS k1
FROM (SELECT "t1"."email" AS "the person", min("t1"."day") AS "v0"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "day", "category"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "day", "category"
FROM (SELECT "email", "day", "category", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "day", "category", $1), "email", "day", "category") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t1
WHERE "t1"."email" IS NOT NULL AND ("t1"."category" = 'shoes')
GROUP BY "t1"."email") AS t0 JOIN (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "day"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "day"
FROM (SELECT "email", "day", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "day", $1), "email", "day") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t2 ON "t2"."email" = "t0"."the person"
WHERE "t0"."the person" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, k1
FROM r
GROUP BY p, k0, k1), h AS MATERIALIZED (SELECT p
FROM b
GROUP BY p
HAVING count(*) > 3),
l AS (SELECT p, k0, k1
FROM b ANTI JOIN h USING (p) UNION ALL SELECT p, k0, k1
FROM (SELECT p, k0, k1, row_number() OVER (PARTITION BY p ORDER BY hash(p, k1, $1), k1, k0, p) AS n
FROM b SEMI JOIN h USING (p))
WHERE n <= 3)
SELECT k0, k1, CAST(count(*) AS VARCHAR) AS s0
FROM l
GROUP BY k0, k1
HAVING count(*) >= 50

-- asked of the release
SELECT "r0"."k0" AS "cohort", "r0"."k1" AS "age", "r0"."m0" AS "persons"
FROM "release_0" AS "r0"
