-- counted behind the wall: 0
WITH r AS (SELECT "t0"."the person" AS p, left("t0"."v0", 250) AS k0, 1 AS s1
FROM (SELECT "t1"."email" AS "the person", struct_extract(min(struct_pack(o := "t1"."day", v := "t1"."category")) FILTER (WHERE "t1"."day" IS NOT NULL AND "t1"."category" IS NOT NULL), 'v') AS "v0"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "category", "day"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "category", "day"
FROM (SELECT "email", "category", "day", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "category", "day", $1), "email", "category", "day") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t1
WHERE "t1"."email" IS NOT NULL
GROUP BY "t1"."email") AS t0
WHERE "t0"."the person" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT "r0"."k0" AS "first_category", "r0"."m0" AS "persons"
FROM "release_0" AS "r0"
