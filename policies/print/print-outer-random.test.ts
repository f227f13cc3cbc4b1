import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effortOf, runSeed } from '../../test/support/effort.ts';
import { runSql } from '../../test/support/engine.ts';
import { assertAllows } from '../../test/support/policy-assertions.ts';
import {
  type LiteralRow,
  RELEASED_TABLES,
  randomOuterQuery,
  releasedRows,
} from '../../test/support/random-outer-queries.ts';
import type { CheckedQuery } from '../check/check-question.ts';
import { printOuter, releaseTable } from './print-outer.ts';

const RUNS = effortOf(60, 300, 3_000);

async function load(name: string, types: readonly string[], rows: readonly LiteralRow[]): Promise<void> {
  await runSql(`CREATE OR REPLACE TEMP TABLE ${name} (${types.join(', ')})`);
  if (rows.length > 0) await runSql(`INSERT INTO ${name} VALUES ${rows.map((r) => `(${r.join(', ')})`).join(', ')}`);
}

/** The same rows as a release has them; the ends of intervals stand a unit off. */
async function loadReleases(query: CheckedQuery): Promise<void> {
  const measure = (column: string, index: number): string =>
    `${column} AS m${index}, ${column} - 1 AS m${index}_ci95_low, ${column} + 1 AS m${index}_ci95_high`;
  for (const [index, aggregate] of query.aggregates.entries()) {
    const select =
      aggregate.keys.length === 2
        ? `SELECT g AS k0, d AS k1, ${measure('n', 0)}, ${measure('s', 1)} FROM a`
        : `SELECT g AS k0, ${measure('m', 0)}, ${measure('v', 1)} FROM b`;
    await runSql(`CREATE OR REPLACE TEMP VIEW ${releaseTable(index)} AS ${select}`);
  }
}

/** Numbers alike whatever type the engine gave them, and to nine digits, as sums of fractions depend on their order. */
function asCell(value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value;
  const text = String(value);
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(Number(text).toPrecision(9)) : text;
}

async function rowsOf(sql: string): Promise<readonly string[]> {
  return (await runSql(sql)).map((row) => JSON.stringify(row.map(asCell))).toSorted();
}

describe('a query over released tables', () => {
  it(`means what DuckDB means by it (GALLEY_SEED=${runSeed})`, async () => {
    await fc.assert(
      fc.asyncProperty(releasedRows, randomOuterQuery, async (rows, sql) => {
        await load('a', ['g VARCHAR', 'd DATE', 'n BIGINT', 's DOUBLE'], rows.a);
        await load('b', ['g VARCHAR', 'm BIGINT', 'v DOUBLE'], rows.b);
        const query = await assertAllows(sql.startsWith('with') ? sql : `${RELEASED_TABLES} ${sql}`);
        await loadReleases(query);
        expect(await rowsOf(printOuter(query.outer))).toEqual(await rowsOf(sql));
      }),
      { seed: runSeed, numRuns: RUNS },
    );
  }, 120_000);
});
