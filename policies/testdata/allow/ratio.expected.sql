-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, left("t0"."category", 250) AS k0, TRY_CAST("t0"."amount" AS DECIMAL(18, 2)) AS s1, CASE WHEN ("t0"."amount" > CAST('50' AS BIGINT)) THEN 1 ELSE 0 END AS s2, 1 AS s3
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "category", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "category", "amount"
FROM (SELECT "email", "category", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "category", "amount", $1), "email", "category", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, greatest(CAST('0.00' AS DECIMAL(18, 2)), least(CAST('300.00' AS DECIMAL(18, 2)), coalesce(sum(CASE WHEN s1 > CAST('100.00' AS DECIMAL(18, 2)) THEN CAST('100.00' AS DECIMAL(18, 2)) WHEN s1 < CAST('0.00' AS DECIMAL(18, 2)) THEN CAST('0.00' AS DECIMAL(18, 2)) ELSE s1 END), 0))) AS s1, least(CAST(sum(s2) AS BIGINT), CAST('20' AS BIGINT)) AS s2, least(CAST(count(*) AS BIGINT), CAST('20' AS BIGINT)) AS s3
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
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(CAST(sum(s1) * 100 AS HUGEINT) AS VARCHAR) AS s1, CAST(sum(s2) AS VARCHAR) AS s2, CAST(sum(s3) AS VARCHAR) AS s3
FROM l
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT "r0"."k0" AS "category", "r0"."m2" AS "a_person", "r0"."m5" AS "percent"
FROM "release_0" AS "r0"
