-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, left("t0"."category", 250) AS k0, "t0"."day" AS k1, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "category", "day"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "category", "day"
FROM (SELECT "email", "category", "day", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "category", "day", $1), "email", "category", "day") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, k1, least(CAST(count(*) AS BIGINT), CAST('20' AS BIGINT)) AS s1
FROM r
GROUP BY p, k0, k1), h AS MATERIALIZED (SELECT p
FROM b
GROUP BY p
HAVING count(*) > 3),
l AS (SELECT p, k0, k1, s1
FROM b ANTI JOIN h USING (p) UNION ALL SELECT p, k0, k1, s1
FROM (SELECT p, k0, k1, s1, row_number() OVER (PARTITION BY p ORDER BY hash(p, k0, k1, $1), k0, k1, p) AS n
FROM b SEMI JOIN h USING (p))
WHERE n <= 3)
SELECT k0, k1, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM l
GROUP BY k0, k1
HAVING count(*) >= 50

-- asked of the release
SELECT "pivoted"."day" AS "day", "pivoted"."shoes" AS "shoes", "pivoted"."coats" AS "coats"
FROM (SELECT "subquery"."day" AS "day", TRY_CAST(sum("subquery"."n") FILTER (WHERE ("subquery"."category" = 'shoes')) AS BIGINT) AS "shoes", TRY_CAST(sum("subquery"."n") FILTER (WHERE ("subquery"."category" = 'coats')) AS BIGINT) AS "coats"
FROM (SELECT "r0"."k0" AS "category", "r0"."k1" AS "day", "r0"."m0" AS "n", "r0"."m0_ci95_low" AS "n_ci95_low", "r0"."m0_ci95_high" AS "n_ci95_high"
FROM "release_0" AS "r0") AS "subquery"
GROUP BY "subquery"."day") AS "pivoted"
