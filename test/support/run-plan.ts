import { randomBytes, randomFillSync } from 'node:crypto';
import { expect } from 'vitest';
import {
  boundedBy,
  type Cell,
  foundBounds,
  type PlannedAggregate,
  type PlannedBounds,
  type ProtectedPlan,
  planQuestion,
  printAggregate,
  printBounds,
  printOuter,
  protect,
  protectBounds,
  type RandomBits,
  RawGroups,
  type Release,
  releaseTable,
  type UnitBounds,
} from '../../policies/index.ts';
import { runSql } from './engine.ts';
import { assertAllows } from './policy-assertions.ts';
import { runnable } from './scoring.ts';

const POOL_BYTES = 65_536;
let pool: Buffer = Buffer.alloc(0);

/** Uniform bits from the system, as the service draws them. */
export const systemBits: RandomBits = {
  draw(count) {
    const byteCount = Math.ceil(count / 8);
    if (pool.length < byteCount) pool = randomBytes(Math.max(POOL_BYTES, byteCount));
    const bytes = pool.subarray(0, byteCount);
    pool = pool.subarray(byteCount);
    if (byteCount <= 4) return BigInt(bytes.readUIntBE(0, byteCount) % 2 ** count);
    return BigInt(`0x${bytes.toString('hex')}`) & ((1n << BigInt(count)) - 1n);
  },
  fill: (words) => void randomFillSync(words),
};

/** The salt of bounding in tests; any number does. */
const TEST_SALT = 20_111_111n;

/**
 * An epsilon at which the noise is zero with all but a probability below 10^-100000.
 *
 * No configuration reaches it: rules cap epsilon at 20 and `checkQuestion` refuses what is over. Only a test, which
 * calls the planner itself, can.
 */
const NOISELESS_EPSILON = 1e40;

/** Plans a question that is allowed. */
export async function planOf(sql: string, epsilon = 1): Promise<ProtectedPlan> {
  return planQuestion(await assertAllows(sql), { epsilon, delta: 1e-6 });
}

/** Runs the printed aggregation, as the worker does, and gives its rows. */
export async function rowsOf(aggregate: PlannedAggregate, salt = TEST_SALT): Promise<readonly (readonly Cell[])[]> {
  const rows = await runSql(runnable(printAggregate(aggregate)), [salt]);
  return rows.map((row) => row.map(asCell));
}

/** Runs the printed first stage, as the worker does, and gives the persons of each bin. */
export async function binsOf(bounds: PlannedBounds, salt = TEST_SALT): Promise<readonly (readonly Cell[])[]> {
  const rows = await runSql(runnable(printBounds(bounds)), [salt]);
  return rows.map((row) => row.map(asCell));
}

/** Finds the bounds that an aggregation waits for, and gives it bounded. */
export async function boundedOf(aggregate: PlannedAggregate, bits: RandomBits = systemBits): Promise<PlannedAggregate> {
  const found: UnitBounds[] = [];
  for (const bounds of aggregate.bounds) {
    const release = protectBounds(bounds, RawGroups.readBins(await binsOf(bounds)), bits);
    found.push(foundBounds(bounds, release));
  }
  return boundedBy(aggregate, found);
}

/** Runs an aggregation, both stages of it where it has two, and protects it. */
export async function releaseOf(aggregate: PlannedAggregate, bits: RandomBits = systemBits): Promise<Release> {
  const bounded = await boundedOf(aggregate, bits);
  return protect(bounded, RawGroups.read(bounded, await rowsOf(bounded)), bits);
}

/** Asserts the rows that leave when the noise is zero: the question as a whole, over the tables as they are loaded. */
export async function assertReleases(sql: string, groups: readonly (readonly unknown[])[]): Promise<void> {
  const plan = await planOf(sql, NOISELESS_EPSILON);
  for (const [index, aggregate] of plan.aggregates.entries()) {
    await loadRelease(releaseTable(index), await releaseOf(aggregate));
  }
  const rows = await runSql(printOuter(plan.outer));
  expect(
    rows.map((row) => row.map((cell) => (typeof cell === 'bigint' ? Number(cell) : asCell(cell)))),
    sql,
  ).toEqual(groups);
}

const RELEASE_TYPES = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const;

/** Makes the temporary table of a release, as the outer query reads it. */
export async function loadRelease(table: string, release: Release): Promise<void> {
  const columns = release.columns.map((c) => `"${c.name}" ${RELEASE_TYPES[c.kind]}`);
  await runSql(`CREATE OR REPLACE TEMP TABLE ${table} (${columns.join(', ')})`);
  for (const row of release.rows) {
    const values = row.map((cell, index) => literalOf(cell, release.columns[index]?.kind));
    await runSql(`INSERT INTO ${table} VALUES (${values.join(', ')})`);
  }
}

function literalOf(cell: Cell, kind?: Release['columns'][number]['kind']): string {
  // As the wall carries them: days and microseconds since 1970.
  if (typeof cell === 'bigint' && kind === 'date') return `DATE '1970-01-01' + CAST(${cell} AS INTEGER)`;
  if (typeof cell === 'bigint' && kind === 'timestamp') return `make_timestamp(${cell})`;
  if (typeof cell === 'string') return `'${cell.replaceAll("'", "''")}'`;
  return cell === null ? 'NULL' : String(cell);
}

function asCell(value: unknown): Cell {
  const isPlain =
    value === null || typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean';
  if (isPlain) return value;
  return typeof value === 'number' ? value : String(value);
}
