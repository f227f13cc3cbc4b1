-- counted behind the wall: 0
WITH r AS (SELECT "t0"."the person" AS p, 1 AS s1
FROM (SELECT "t1"."the person" AS "the person"
FROM (SELECT "t2"."email" AS "the person"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", $1), "email") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t2
WHERE "t2"."email" IS NOT NULL UNION ALL SELECT "t3"."email" AS "the person"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", $1), "email") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t3
WHERE "t3"."email" IS NOT NULL) AS t1
WHERE "t1"."the person" IS NOT NULL
GROUP BY "t1"."the person") AS t0
WHERE "t0"."the person" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b

-- asked of the release
SELECT "r0"."m0" AS "persons"
FROM "release_0" AS "r0"
