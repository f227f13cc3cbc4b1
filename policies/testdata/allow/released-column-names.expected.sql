-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, left("t0"."zip", 250) AS k0, 1 AS s1
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.outcomes"
GROUP BY "email"
HAVING count(*) > 1) SELECT "email", "zip"
FROM "market.outcomes" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "zip"
FROM (SELECT "email", "zip", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "zip", $1), "email", "zip") AS "row of person"
FROM "market.outcomes" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 1) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, k0, least(CAST(s1 AS BIGINT), CAST('1' AS BIGINT)) AS s1
FROM r)
SELECT k0, CAST(count(*) AS VARCHAR) AS s0, CAST(sum(s1) AS VARCHAR) AS s1
FROM b
GROUP BY k0
HAVING count(*) >= 50

-- asked of the release
SELECT "b"."p" AS "p", "b"."q" AS "q"
FROM (SELECT "a"."place" AS "p", "a"."persons" AS "q", "a"."persons_ci95_low" AS "q_ci95_low", "a"."persons_ci95_high" AS "q_ci95_high"
FROM (SELECT "r0"."k0" AS "place", "r0"."m0" AS "persons", "r0"."m0_ci95_low" AS "persons_ci95_low", "r0"."m0_ci95_high" AS "persons_ci95_high"
FROM "release_0" AS "r0") AS "a") AS "b"
