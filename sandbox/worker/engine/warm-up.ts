// What a job does first is slow the first time: V8 compiles the code of it, and the engine looks up the functions that it
// names. A spare has done all of it once, over rows that are nobody's, before there is a job.
import type { DuckDBConnection } from 'duckdb';

import { chunkOfCells } from '../../wire/cells.ts';
import { encodeColumnChunk } from '../../wire/column-chunk.ts';
import type { Cell } from '../../wire/column-type.ts';
import type { TableSpec } from '../../wire/jobs.ts';
import { loadTables } from './load-tables.ts';
import { readResultChunk } from './result-chunks.ts';
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
const CELLS: readonly (readonly Cell[])[] = [
  [1n, 2n, 3n],
  ['a', null, 'a text that does not lie in its slot'],
  [1n, null, -1n],
  [100n, 200n, null],
];

/** The shape of a plan: pairs of person and group, ranked in a keyed order, joined and added up. */
const SQL = `WITH pairs AS (
  SELECT p, k, count(*) AS n, sum(n)::HUGEINT AS s, hash(p, k, $1) AS h FROM "warm up" WHERE n IS NOT NULL GROUP BY p, k
), ranked AS (SELECT *, row_number() OVER (PARTITION BY p ORDER BY h, k) AS r FROM pairs)
SELECT r.k, count(*)::BIGINT, sum(least(greatest(r.s, 0), 9))::BIGINT
FROM ranked r JOIN "warm up" w ON w.p = r.p WHERE r.r <= 8 GROUP BY r.k ORDER BY r.k`;

/** Does once what a job over a text does. */
export async function warmUpForTexts(engine: DuckDBConnection): Promise<void> {
  await serialiseSql(engine, 'SELECT 1');
}

/** Does once what a job over data does. Nothing of it stays: neither table nor setting. */
export async function warmUpForTables(engine: DuckDBConnection): Promise<void> {
  const chunks = TABLE.columns.map(({ type }, column) => ({
    table: 0,
    column,
    bytes: encodeColumnChunk(chunkOfCells(type, CELLS[column] as Cell[])),
  }));
  await loadTables(engine, [TABLE], [], chunks);
  const prepared = await engine.prepare(SQL);
  prepared.bind([1n]);
  const result = await prepared.run();
  for await (const chunk of result) {
    for (const [column, kind] of (['text', 'integer', 'integer'] as const).entries()) {
      readResultChunk(chunk.getColumnVector(column), kind);
    }
  }
  await engine.run('DROP TABLE main."warm up"');
}
