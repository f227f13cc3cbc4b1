// What a job does first is slow the first time: V8 compiles the code of it, and the engine looks up the functions that it
// names. A spare has done all of it once, over rows that are nobody's, before there is a job.
import type { DuckDBConnection } from 'duckdb';

import { type ColumnChunk, encodeColumnChunk, validityBytes } from '../../wire/column-chunk.ts';
import type { TableSpec } from '../../wire/jobs.ts';
import { loadTables } from './load-tables.ts';
import { readResultChunk } from './result-chunks.ts';
import { runSelect } from './run-select.ts';
import { serialiseSql } from './serialise-sql.ts';

/** A table of every common type. No question can name it: those of plans have a point in their names. */
const TABLE: TableSpec = {
  name: 'warm up',
  columns: [
    { name: 'p', type: { kind: 'person' } },
    { name: 'k', type: { kind: 'text' } },
    { name: 'n', type: { kind: 'integer' } },
    { name: 'd', type: { kind: 'decimal', scale: 2 } },
  ],
};

/** Two vectors of the engine: their memory has then been there before. The statements read a few rows of them. */
const ROWS_COUNT = 4_096;

const TEXTS = ['a', 'a text that does not lie in its slot'] as const;

type Type = ColumnChunk['type'];

/** Every row a person of its own; texts from a dictionary, and one number missing. */
function chunksOfTable(): readonly ColumnChunk[] {
  const [persons, texts, integers, decimals] = TABLE.columns.map(({ type }) => type) as [Type, Type, Type, Type];
  const words = new TextEncoder().encode(TEXTS.join(''));
  const indices = new Uint16Array(ROWS_COUNT).fill(1, ROWS_COUNT / 2);
  const offsets = Uint32Array.of(0, TEXTS[0].length, words.length);
  const validity = new Uint8Array(validityBytes(ROWS_COUNT)).fill(0xff).fill(0xfe, 0, 1);
  const rowCount = ROWS_COUNT;
  return [
    { type: persons, rowCount, validity: null, values: new BigUint64Array(ROWS_COUNT).map((_, row) => BigInt(row)) },
    { type: texts, rowCount, validity: null, values: { offsets, bytes: words, indices } },
    { type: integers, rowCount, validity, values: new BigInt64Array(ROWS_COUNT) },
    { type: decimals, rowCount, validity: null, values: new BigInt64Array(ROWS_COUNT).fill(100n) },
  ];
}

/** The shapes of plans: where somebody may be in several groups, and where nobody can. */
const STATEMENTS = [
  // Pairs of person and group, ranked in a keyed order, joined and added up.
  `WITH pairs AS (
  SELECT p, k, count(*) AS n, sum(n)::HUGEINT AS s, hash(p, k, $1) AS h FROM "warm up" WHERE n IS NOT NULL AND p < 8 GROUP BY p, k
), ranked AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY h, k) AS r FROM pairs)
SELECT r.k, CAST(count(*) AS VARCHAR), CAST(sum(least(greatest(r.s, 0), 9)) AS VARCHAR)
FROM ranked r JOIN "warm up" w ON w.p = r.p WHERE w.p < 8 AND r.r <= 8 GROUP BY r.k ORDER BY r.k`,
  // Rows joined, filtered, brought within their bounds and added up.
  `WITH rows AS (
  SELECT a.p AS p, a.k AS k, TRY_CAST(b.n AS BIGINT) AS n, TRY_CAST(b.d AS DECIMAL(18, 2)) AS d
  FROM (SELECT p, k FROM "warm up" WHERE p < 8) AS a JOIN (SELECT p, n, d FROM "warm up" WHERE p < 8) AS b ON b.p = a.p
  WHERE a.p IS NOT NULL AND (b.n < CAST('3' AS BIGINT)) AND (a.k IN ('a', 'b', 'c')) AND hash($1) IS NOT NULL
), bounded AS (
  SELECT k, greatest(CAST('0' AS BIGINT), least(CAST('1' AS BIGINT), CASE WHEN n IS NULL THEN 0 ELSE n END)) AS n,
    CASE WHEN d IS NULL THEN 0 ELSE
      CAST(greatest(CAST('0.00' AS DECIMAL(18, 2)), least(CAST('9.00' AS DECIMAL(18, 2)), d)) * 100 AS BIGINT) END AS d
  FROM rows
)
SELECT k, CAST(count(*) AS VARCHAR), CAST(sum(n) + sum(d) AS VARCHAR) FROM bounded GROUP BY k`,
] as const;

/** Does once what a job over a text does. */
export async function warmUpForTexts(engine: DuckDBConnection): Promise<void> {
  await serialiseSql(engine, 'SELECT 1');
}

/** Does once what a job over data does. Nothing of it stays: neither table nor setting. */
export async function warmUpForTables(engine: DuckDBConnection): Promise<void> {
  const chunks = chunksOfTable().map((chunk, column) => ({ table: 0, column, bytes: encodeColumnChunk(chunk) }));
  await loadTables(engine, [TABLE], [], chunks);
  for (const statement of STATEMENTS) {
    for await (const chunk of await runSelect(engine, statement, [1n])) {
      for (let column = 0; column < chunk.columnCount; column += 1)
        readResultChunk(chunk.getColumnVector(column), 'text');
    }
  }
  await engine.run('DROP TABLE main."warm up"');
}
