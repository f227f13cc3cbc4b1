-- counted behind the wall: 0
WITH r AS (SELECT t0."email" AS p, 1 AS s1
FROM (SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email"), "email") AS "row of person"
FROM "market.outcomes")
WHERE "row of person" <= 1) AS t0 JOIN (SELECT "email"
FROM (SELECT "email", row_number() OVER (PARTITION BY "email" ORDER BY hash("email"), "email") AS "row of person"
FROM "brand.campaign")
WHERE "row of person" <= 1) AS t1 ON t1."email" = t0."email"
WHERE t0."email" IS NOT NULL),
b AS (SELECT p, least(CAST(sum(s1) AS HUGEINT), CAST('1' AS HUGEINT)) AS s1
FROM r
GROUP BY p),
l AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY hash(p, $1), p) AS n
FROM b)
SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
WHERE n <= 1

-- asked of the release
SELECT "r0"."m0" AS "n"
FROM "release_0" AS "r0"
