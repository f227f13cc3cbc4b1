// What the noise of the first stage rests on: whatever a person brings, and however much of it, two bins change by one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnOf, rowsOfTables } from '../../test/support/drafts.ts';
import { effortOf, runSeed } from '../../test/support/effort.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { binsOf } from '../../test/support/run-plan.ts';
import { goodRules, rulesDocument } from '../../test/support/tables.ts';
import { tally } from '../../test/support/tally.ts';
import type { TableColumn, TableView } from '../collaboration/table-view.ts';
import { BOUNDS_SQUARED_L2, MAGNITUDE_COUNT, type PlannedBounds, planBounds } from '../plan/planned-bounds.ts';

const runCount = effortOf(25, 40, 400);

const columns: TableColumn[] = [
  { name: 'email', type: { kind: 'person' } },
  { name: 'whole', type: { kind: 'integer' } },
  { name: 'money', type: { kind: 'decimal', scale: 2 } },
  { name: 'rate', type: { kind: 'double' } },
];
const measured: TableView = {
  member: 'market',
  alias: 'measured',
  datasetId: 'ds-measured',
  columns,
  identifiers: ['email'],
  rules: goodRules(rulesDocument({ rowsPerPerson: 5 }), columns),
};

function boundsOf(column: string, scale: number): PlannedBounds {
  return planBounds({ ...rowsOfTables(measured), of: columnOf('t0', column, measured), scale }, 0.01);
}
const values = [boundsOf('whole', 0), boundsOf('money', 2), boundsOf('rate', 6)];

/** The bin that a number of units belongs into, reckoned with powers of two alone. */
function binOf(units: bigint): number {
  const size = units < 0n ? -units : units;
  let k = 0;
  while (1n << BigInt(k) < size) k += 1;
  return units < 0n ? k + MAGNITUDE_COUNT : k;
}

async function counted(bounds: PlannedBounds): Promise<ReadonlyMap<number, bigint>> {
  return new Map((await binsOf(bounds)).map(([bin, persons]) => [Number(bin), BigInt(String(persons))]));
}

const wholes = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.integer({ min: -9, max: 9 }).map(String),
  fc.integer({ min: 0, max: 62 }).map((k) => String(2n ** BigInt(k))),
);
const moneys = fc.bigInt({ min: -(10n ** 16n) + 1n, max: 10n ** 16n - 1n }).map((n) => `${n}.37`);
const rates = fc.oneof(
  fc.constantFrom("'nan'", "'inf'", "'-inf'", '0', '-0.0', '1e300', '-1e-300'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
const orNull = (of: fc.Arbitrary<string>) => fc.option(of, { freq: 8 });
const rows = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 6 }).map(String), orNull(wholes), orNull(moneys), orNull(rates)),
  {
    maxLength: 40,
  },
);

describe('the persons in bins of magnitude', () => {
  it(`change by one in two bins at most when a person comes or goes (seed ${runSeed})`, async () => {
    let compared = 0;
    const compare = async (data: readonly (readonly (string | null)[])[]): Promise<void> => {
      const victim = '1';
      await loadTable(measured, data);
      const before = await Promise.all(values.map(counted));
      await loadTable(
        measured,
        data.filter(([person]) => person !== victim),
      );
      for (const [index, bounds] of values.entries()) {
        const [all, less] = [before[index] ?? new Map(), await counted(bounds)];
        const bins = new Set([...all.keys(), ...less.keys()]);
        const squared = [...bins].reduce((sum, bin) => sum + ((all.get(bin) ?? 0n) - (less.get(bin) ?? 0n)) ** 2n, 0n);
        expect(squared, bounds.of.type.kind).toBeLessThanOrEqual(BOUNDS_SQUARED_L2);
        compared += 1;
      }
    };
    await fc.assert(fc.asyncProperty(rows, compare), { numRuns: runCount, seed: runSeed });
    tally('boundingCases', compared);
  });

  it('are those of the largest value and of the least negative one, exactly', async () => {
    const units = [
      0n,
      1n,
      2n,
      3n,
      4n,
      5n,
      2n ** 53n + 1n,
      2n ** 62n,
      2n ** 62n + 1n,
      2n ** 63n - 1n,
      -1n,
      -2n,
      -3n,
      -(2n ** 63n),
    ];
    for (const value of units) {
      await loadTable(measured, [
        ['1', String(value), null, null],
        ['1', null, null, null],
        // A row nearer to zero on the same side is hidden by the larger one.
        ['1', value < 0n ? '-1' : '0', null, null],
      ]);
      expect([...(await counted(boundsOf('whole', 0)))], String(value)).toEqual([[binOf(value), 1n]]);
    }
  });

  it('leave out what is no number, and persons who bring nothing else', async () => {
    await loadTable(measured, [
      ['1', null, null, "'nan'"],
      ['2', null, null, "'inf'"],
      ['3', null, null, "'-inf'"],
      ['4', null, null, '1e300'],
      ['5', null, null, '0.5'],
    ]);
    expect([...(await counted(boundsOf('rate', 6)))]).toEqual([[binOf(500_000n), 1n]]);
    expect([...(await counted(boundsOf('whole', 0)))]).toEqual([]);
  });
});

describe('a person without an identity', () => {
  it('is in no bin', async () => {
    await loadTable(measured, [[null, '7', null, null]]);
    expect([...(await counted(boundsOf('whole', 0)))]).toEqual([]);
  });
});
