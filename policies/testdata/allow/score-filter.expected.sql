-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "day"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "day"
FROM (SELECT "email", "day", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "day", $1), "email", "day") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND (list_transform([TRY_CAST(galley_f0(TRY_CAST("t0"."day" AS DATE)) AS BIGINT)], lambda score: CASE WHEN score IS NULL THEN NULL ELSE greatest(CAST('1' AS BIGINT), least(CAST('3' AS BIGINT), score)) END)[1] = CAST('1' AS BIGINT)) AND hash($1) IS NOT NULL),
b AS (SELECT p
FROM r
GROUP BY p)
SELECT CAST(count(*) AS VARCHAR) AS s0
FROM b

-- asked of the release
SELECT "r0"."m0" AS "n"
FROM "release_0" AS "r0"
