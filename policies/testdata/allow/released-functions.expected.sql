-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, left("t1"."zip", 250) AS k0, "t0"."day" AS k1, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "day"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "day"
FROM (SELECT "email", "day", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "day", $1), "email", "day") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0 JOIN (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "zip"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "zip"
FROM (SELECT "email", "zip", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "zip", $1), "email", "zip") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t1 ON "t1"."email" = "t0"."email"
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, k1, least(CAST(count(*) AS BIGINT), CAST('20' AS BIGINT)) AS s1
FROM r
GROUP BY p, k0, k1), h AS MATERIALIZED (SELECT p
FROM b
GROUP BY p
HAVING count(*) > 3),
l AS (SELECT p, k0, k1, s1
FROM b ANTI JOIN h USING (p) UNION ALL SELECT p, k0, k1, s1
FROM (SELECT p, k0, k1, s1, row_number() OVER (PARTITION BY p ORDER BY hash(p, k1, $1), k1, k0, p) AS n
FROM b SEMI JOIN h USING (p))
WHERE n <= 3)
SELECT k0, k1, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
GROUP BY k0, k1
HAVING count(*) >= 50

-- asked of the release
SELECT TRY(regexp_replace(TRY(upper("s"."zip")), '[0-9]+', '#')) AS "z", TRY(strftime(TRY_CAST(TRY(TRY_CAST("s"."day" AS TIMESTAMP) + CAST('1 months 0 days 0 microseconds' AS INTERVAL)) AS TIMESTAMP), '%Y-%m')) AS "next", TRY(dayname("s"."day")) AS "d", TRY_CAST(TRY(round(CAST(TRY_CAST(TRY(ln(TRY_CAST(TRY("s"."n" + CAST('1' AS BIGINT)) AS BIGINT))) AS DOUBLE) AS DOUBLE), CAST(CAST('2' AS BIGINT) AS INTEGER))) AS DOUBLE) AS "l"
FROM (SELECT "r0"."k0" AS "zip", "r0"."k1" AS "day", "r0"."m0" AS "n", "r0"."m0_ci95_low" AS "n_ci95_low", "r0"."m0_ci95_high" AS "n_ci95_high"
FROM "release_0" AS "r0") AS "s"
