// The plain query on our own layout: everything that a protected program may use of it is there for the plain one too.
import { layoutName, printLayout, type StoredLayout } from '../../policies/index.ts';
import type { BenchEngine } from '../measure/bench-engine.ts';
import type { PlainQuery, PlainTables } from '../questions/bench-questions.ts';
import { printPlain, printPlainTotal } from '../questions/print-plain.ts';
import { SALT } from '../questions/protected-program.ts';
import { type BenchLayouts, layoutTable } from './bench-layouts.ts';
import { runShards } from './run-shards.ts';
import { openCut } from './shard-cut.ts';

/** The joined rows in order of persons, with codes for texts and dense numbers for persons. */
const MATCH = 'own_match';
const GATHERED = 'plain_parts';
/** Where the plain questions over our own layout read, and what tells persons apart there. */
export const OWN_LAYOUT: PlainTables = { from: MATCH, person: '"person ordinal"' };

/** Names the columns of the match as the questions do. */
export async function openOwnLayout(engine: BenchEngine, { stored }: BenchLayouts): Promise<void> {
  const rows = rowsOfMatch(stored);
  if (rows === undefined) throw new Error('the match has no rows');
  await engine.run(`CREATE OR REPLACE TEMP VIEW ${MATCH} AS ${asAsked(layoutTable(layoutName(rows.spec)))}`);
}

/** The joined rows, of what is stored. */
export function rowsOfMatch(stored: BenchLayouts['stored']): StoredLayout | undefined {
  return stored.find(({ spec }) => spec.form === 'rows' && spec.base.matched !== null);
}

/**
 * A plain query over just the tables that a worker would hold: the columns that it names, in memory, in the same shards, two
 * at once, and its parts added up; as one table where they do not add up.
 */
export async function plainInMemory(
  engine: BenchEngine,
  query: PlainQuery,
  { spec }: StoredLayout,
): Promise<() => Promise<unknown>> {
  const name = layoutName(spec);
  const tables: PlainTables = { ...OWN_LAYOUT, from: `(${asAsked(`"${name}"`)})` };
  const sql = printPlain(query, tables);
  const columns = printLayout(spec)
    .columns.map((column) => column.name)
    .filter((column) => sql.includes(column.replace('matched ', '')));
  const cut = await openCut(engine, [{ name, spec, columns }], !query.addsUp);
  const steps = query.addsUp ? [{ into: GATHERED, sql, keeps: 'run', merge: null } as const] : [];
  const total = query.addsUp ? printPlainTotal(query, GATHERED) : sql;
  return () => runShards(engine, { steps, sql: total }, cut, SALT);
}

function asAsked(table: string): string {
  return `SELECT * RENAME ("matched segment" AS segment) FROM ${table}`;
}
