-- counted behind the wall: 0
WITH r AS (SELECT "t0"."the person" AS p, left("t0"."k0", 250) AS k0, TRY_CAST("t0"."v0" AS BIGINT) AS s1, CASE WHEN ("t0"."v0" IS NOT NULL) THEN 1 ELSE 0 END AS s2, 1 AS s3
FROM (SELECT "t1"."email" AS "the person", "t1"."category" AS "k0", count(*) AS "v0"
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "category"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "category"
FROM (SELECT "email", "category", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "category", $1), "email", "category") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t1
WHERE "t1"."email" IS NOT NULL
GROUP BY "t1"."email", "t1"."category") AS t0
WHERE "t0"."the person" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, CAST(greatest(CAST('0' AS HUGEINT), least(CAST('20' AS HUGEINT), CAST(coalesce(sum(CASE WHEN s1 > CAST('20' AS BIGINT) THEN CAST('20' AS BIGINT) WHEN s1 < CAST('0' AS BIGINT) THEN CAST('0' AS BIGINT) ELSE s1 END), 0) AS HUGEINT))) AS BIGINT) AS s1, least(CAST(sum(s2) AS BIGINT), CAST('1' AS BIGINT)) AS s2, least(CAST(count(*) AS BIGINT), CAST('1' AS BIGINT)) AS s3
FROM r
GROUP BY p, k0), h AS MATERIALIZED (SELECT p
FROM b
GROUP BY p
HAVING count(*) > 3),
l AS (SELECT p, k0, s1, s2, s3
FROM b ANTI JOIN h USING (p) UNION ALL SELECT p, k0, s1, s2, s3
FROM (SELECT p, k0, s1, s2, s3, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, $1), k0, p) AS n
FROM b SEMI JOIN h USING (p))
WHERE n <= 3)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2, CAST(sum(s3) AS VARCHAR) AS s3
FROM l
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT "r0"."k0" AS "category", "r0"."m0" AS "orders_a_buyer", "r0"."m1" AS "buyers"
FROM "release_0" AS "r0"
