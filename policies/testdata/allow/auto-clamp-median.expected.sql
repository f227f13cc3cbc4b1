-- bounds found behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, CAST(CAST(CAST(TRY_CAST(TRY_CAST(TRY("t0"."amount" * "t0"."amount") AS DECIMAL(18, 4)) AS DECIMAL(18, 4)) AS DECIMAL(38, 4)) * 10000 AS BIGINT) AS HUGEINT) AS v
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "amount"
FROM (SELECT "email", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "amount", $1), "email", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, max(v) FILTER (WHERE v >= 0) AS up, max(-v) FILTER (WHERE v < 0) AS down
FROM r
GROUP BY p) SELECT bin, CAST(count(*) AS VARCHAR) AS persons
FROM (SELECT unnest([CAST(CASE WHEN up <= 1 THEN 0 ELSE length(bin(up - 1)) END AS BIGINT), CAST(CASE WHEN down <= 1 THEN 0 ELSE length(bin(down - 1)) END AS BIGINT) + 64]) AS bin
FROM b)
WHERE bin IS NOT NULL
GROUP BY bin

-- bounds found behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, CAST(CAST(CAST(TRY_CAST((CASE WHEN ("t0"."amount" > CAST('1' AS BIGINT)) THEN TRY_CAST(TRY("t0"."amount" * "t0"."amount") AS DECIMAL(18, 4)) END) AS DECIMAL(18, 4)) AS DECIMAL(38, 4)) * 10000 AS BIGINT) AS HUGEINT) AS v
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "amount"
FROM (SELECT "email", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "amount", $1), "email", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, max(v) FILTER (WHERE v >= 0) AS up, max(-v) FILTER (WHERE v < 0) AS down
FROM r
GROUP BY p) SELECT bin, CAST(count(*) AS VARCHAR) AS persons
FROM (SELECT unnest([CAST(CASE WHEN up <= 1 THEN 0 ELSE length(bin(up - 1)) END AS BIGINT), CAST(CASE WHEN down <= 1 THEN 0 ELSE length(bin(down - 1)) END AS BIGINT) + 64]) AS bin
FROM b)
WHERE bin IS NOT NULL
GROUP BY bin

-- counted behind the wall: 0
WITH r AS (SELECT "t0"."email" AS p, TRY_CAST(TRY_CAST(TRY("t0"."amount" * "t0"."amount") AS DECIMAL(18, 4)) AS DECIMAL(18, 4)) AS s1, TRY_CAST((CASE WHEN ("t0"."amount" > CAST('1' AS BIGINT)) THEN TRY_CAST(TRY("t0"."amount" * "t0"."amount") AS DECIMAL(18, 4)) END) AS DECIMAL(18, 4)) AS s2, CASE WHEN (("t0"."amount" > CAST('1' AS BIGINT)) AND (TRY_CAST(TRY("t0"."amount" * "t0"."amount") AS DECIMAL(18, 4)) IS NOT NULL)) THEN 1 ELSE 0 END AS s3
FROM (WITH "persons over" AS MATERIALIZED (SELECT "email"
FROM "market.events"
GROUP BY "email"
HAVING count(*) > 20) SELECT "email", "amount"
FROM "market.events" ANTI JOIN "persons over" USING ("email") UNION ALL SELECT "email", "amount"
FROM (SELECT "email", "amount", row_number() OVER (PARTITION BY "email" ORDER BY hash("email", "amount", $1), "email", "amount") AS "row of person"
FROM "market.events" SEMI JOIN "persons over" USING ("email"))
WHERE "row of person" <= 20) AS t0
WHERE "t0"."email" IS NOT NULL AND hash($1) IS NOT NULL),
b AS (SELECT p, greatest(CAST('0.0000' AS DECIMAL(18, 4)), least(CAST('0.0020' AS DECIMAL(18, 4)), coalesce(sum(CASE WHEN s2 > CAST('0.0001' AS DECIMAL(18, 4)) THEN CAST('0.0001' AS DECIMAL(18, 4)) WHEN s2 < CAST('0.0000' AS DECIMAL(18, 4)) THEN CAST('0.0000' AS DECIMAL(18, 4)) ELSE s2 END), 0))) AS s2, least(CAST(sum(s3) AS BIGINT), CAST('20' AS BIGINT)) AS s3
FROM r
GROUP BY p), g AS (SELECT CAST(count(*) AS VARCHAR) AS s0, CAST(CAST(sum(s2) * 10000 AS HUGEINT) AS VARCHAR) AS s2, CAST(sum(s3) AS VARCHAR) AS s3
FROM b), ds1 AS (SELECT string_agg(v || ':' || n, ',' ORDER BY v) AS s1
FROM (SELECT v, count(*) AS n
FROM (SELECT CAST((CAST(CAST((CASE WHEN a.s1 > CAST('0.0001' AS DECIMAL(18, 4)) THEN CAST('0.0001' AS DECIMAL(18, 4)) WHEN a.s1 < CAST('0.0000' AS DECIMAL(18, 4)) THEN CAST('0.0000' AS DECIMAL(18, 4)) ELSE a.s1 END) * 10000 AS BIGINT) AS BIGINT) - CAST('0' AS BIGINT)) * 256 // CAST('2' AS BIGINT) AS SMALLINT) AS v
FROM r AS a
WHERE a.s1 IS NOT NULL)
GROUP BY v)) SELECT g.s0, ds1.s1, g.s2, g.s3
FROM g LEFT JOIN ds1 ON TRUE

-- asked of the release
SELECT "r0"."m0" AS "middle", "r0"."m1" AS "mean"
FROM "release_0" AS "r0"
