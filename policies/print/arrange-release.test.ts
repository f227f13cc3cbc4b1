import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effortOf, runSeed } from '../../test/support/effort.ts';
import { runSql } from '../../test/support/engine.ts';
import { loadRelease, planOf } from '../../test/support/run-plan.ts';
import { type Release, releaseColumns } from '../protect/protect.ts';
import { type ArrangedRelease, arrangeRelease } from './arrange-release.ts';
import { printOuter, releaseTable } from './print-outer.ts';

const RUNS = effortOf(60, 200, 2_000);

// By bytes these stand in another order than by halves of surrogate pairs, by letters, or by length.
const texts = fc.constantFrom('', 'a', 'B', 'a ', 'ä', 'ﬀ', '上海', '😀', '😀a', '\u{10ffff}', '\uffff', "o'clock");
const orNull = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null, freq: 4 });
const doubles = fc.constantFrom(-0.5, 0, 12.25, 1e300, -1e300);

const FROM =
  'from (select category as g, day as d, count(*) as n, sum(amount) as s from market.events group by category, day) x';
const keys = ['g', 'd', 'n', 's', 'n_ci95_low'];
const directions = ['', ' asc', ' desc', ' nulls first', ' desc nulls last', ' desc nulls first', ' asc nulls last'];

/** A query that picks and orders; the last key is different in every row, so that there is one right answer. */
const pickingQuery = fc
  .record({
    picked: fc.array(fc.constantFrom(...keys), { minLength: 1, maxLength: 4 }),
    ordered: fc.array(fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...directions)), { maxLength: 3 }),
    limit: fc.option(fc.nat(6)),
    offset: fc.option(fc.nat(3)),
  })
  .map(({ picked, ordered, limit, offset }) => {
    const items = picked.map((name, index) => `${name} as c${index}`).join(', ');
    const order = [...ordered.map(([name, direction]) => name + direction), 'n'].join(', ');
    const cut = `${limit === null ? '' : ` limit ${limit}`}${offset === null ? '' : ` offset ${offset}`}`;
    return `select ${items} ${FROM} order by ${order}${cut}`;
  });

const releasedRows = fc
  .array(fc.tuple(orNull(texts), orNull(fc.bigInt(-20_000n, 20_000n)), orNull(doubles)), { maxLength: 9 })
  .map((rows) => rows.map(([g, d, s], n) => [g, d, BigInt(n), BigInt(-n), BigInt(n), s, s, s]));

async function releaseOf(sql: string, rows: Release['rows']) {
  const { aggregates, outer } = await planOf(sql);
  const [aggregate] = aggregates;
  if (aggregate === undefined || aggregates.length > 1) throw new Error('the query has one aggregation');
  const release = { columns: releaseColumns(aggregate), rows, threshold: null } as unknown as Release;
  return { outer, release };
}

describe('a query that computes nothing', () => {
  it(`is answered from the release as DuckDB answers it (GALLEY_SEED=${runSeed})`, { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(releasedRows, pickingQuery, async (rows, sql) => {
        const { outer, release } = await releaseOf(sql, rows);
        const arranged = arrangeRelease(outer, [release]);
        await loadRelease(releaseTable(0), release);
        const expected = await runSql(`SELECT * FROM (${printOuter(outer)})`);
        expect(asTold(arranged), sql).toEqual(expected.map((row) => row.map((cell) => asText(cell))));
        expect(arranged?.columns.map(({ name }) => name)).toEqual(outerNames(outer));
      }),
      { seed: runSeed, numRuns: RUNS },
    );
  });

  it.each([
    `select n + 1 as m ${FROM}`,
    `select n ${FROM} where n > 3`,
    `select distinct n ${FROM}`,
    `select sum(n) as n ${FROM}`,
    `select n ${FROM} order by n + s`,
    `select g, n, rank() over (order by n) as r ${FROM}`,
    'select category, count(*) as n from market.events group by category having n > 10',
    'select category from market.events group by category union select zip from market.outcomes group by zip',
  ])('and no other is: %s', async (sql) => {
    const { aggregates, outer } = await planOf(sql);
    const releases = aggregates.map((aggregate) => ({ columns: releaseColumns(aggregate), rows: [] }));
    expect(arrangeRelease(outer, releases)).toBeNull();
  });

  it('is left to a worker where the release is long: sorting it would keep everybody waiting', async () => {
    const rows = Array.from({ length: 4_097 }, (_, n) => ['a', 1n, BigInt(n), 0n, 0n, 1, 1, 1]);
    const { outer, release } = await releaseOf(`select g, n ${FROM} order by n`, rows);
    expect(arrangeRelease(outer, [release])).toBeNull();
    expect(arrangeRelease(outer, [{ ...release, rows: rows.slice(1) }])?.rows).toHaveLength(4_096);
  });
});

const outerNames = (outer: Parameters<typeof printOuter>[0]) =>
  outer.kind === 'select' ? outer.items.map(({ name }) => name) : [];

const DAY_MS = 86_400_000;

/** The rows as the engine tells them: days as dates, numbers alike whatever type it gave them. */
const asTold = (arranged: ArrangedRelease | null) =>
  arranged?.rows.map((row) => row.map((cell, index) => asText(cell, arranged.columns[index]?.kind)));

function asText(value: unknown, kind?: string): string | null {
  if (value === null) return null;
  return kind === 'date' ? new Date(Number(value) * DAY_MS).toISOString().slice(0, 10) : String(value);
}
