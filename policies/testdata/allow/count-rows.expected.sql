-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", $1), "email") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, least(CAST(count(*) AS BIGINT), CAST('20' AS BIGINT)) AS s1
FROM r
GROUP BY p)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b

-- asked of the release
SELECT "r0"."m0" AS "n"
FROM "release_0" AS "r0"
