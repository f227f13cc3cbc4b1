// The plain query on our own layout: everything that a protected program may use of it is there for the plain one too.
import { type LayoutSpec, layoutName, type StoredLayout } from '../../policies/index.ts';
import type { BenchEngine } from '../measure/bench-engine.ts';
import type { PlainQuery, PlainTables } from '../questions/bench-questions.ts';
import { printPlain, printPlainTotal } from '../questions/print-plain.ts';
import { type BenchLayouts, layoutTable } from './bench-layouts.ts';
import { shardCountOf } from './shard-ranges.ts';
import { rowsOfShard, rowsOfTable } from './stored-cut.ts';

/** The joined rows in order of persons, with codes for texts and dense numbers for persons. */
const MATCH = 'own_match';
const GATHERED = 'plain_parts';
const PLACE = '"place of row"';
/** Where the plain questions over our own layout read, and what tells persons apart there. */
export const OWN_LAYOUT: PlainTables = { from: MATCH, person: '"person ordinal"' };

/** Names the columns of the match as the questions do. */
export async function openOwnLayout(engine: BenchEngine, { stored }: BenchLayouts): Promise<void> {
  const rows = rowsOfMatch(stored);
  if (rows === undefined) throw new Error('the match has no rows');
  await engine.run(
    `CREATE OR REPLACE TEMP VIEW ${MATCH} AS SELECT * RENAME ("matched segment" AS segment), rowid AS ${PLACE} FROM ${layoutTable(layoutName(rows.spec))}`,
  );
}

/** The joined rows, of what is stored. */
export function rowsOfMatch(stored: BenchLayouts['stored']): StoredLayout | undefined {
  return stored.find(({ spec }) => spec.form === 'rows' && spec.base.matched !== null);
}

/** How many shards a layout is run in. */
export async function shardsOf(engine: BenchEngine, spec: LayoutSpec): Promise<number> {
  return shardCountOf(await rowsOfTable(engine, layoutTable(layoutName(spec))));
}

/** Runs a plain query in shards of the rows that it reads, and adds its parts up. */
export async function runPlainShards(
  engine: BenchEngine,
  query: PlainQuery,
  { spec, shardCount }: { readonly spec: LayoutSpec; readonly shardCount: number },
): Promise<void> {
  const table = layoutTable(layoutName(spec));
  for (let shard = 0; shard < shardCount; shard += 1) {
    const part = printPlain(query, OWN_LAYOUT, await rowsOfShard(engine, table, { shard, shardCount, place: PLACE }));
    await engine.run(
      shard === 0 ? `CREATE OR REPLACE TEMP TABLE ${GATHERED} AS ${part}` : `INSERT INTO ${GATHERED} ${part}`,
    );
  }
  await engine.rows(printPlainTotal(query, GATHERED));
}
