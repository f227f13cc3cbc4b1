import type { PathQuery } from '../../policies/index.ts';
import type { BenchEngine } from '../measure/bench-engine.ts';
import { layoutTable } from './bench-layouts.ts';
import { shardsOf } from './own-layout.ts';
import { shardRanges } from './shard-ranges.ts';

/** Rows of a gathering table from which on its parts are added up. */
const MERGED_ROWS = 262_144;

/**
 * Runs a query shard by shard in a bare engine, as a worker does behind the wall: the layouts of a shard under their
 * names, the steps, and one SELECT over what they gathered.
 */
export async function runShards(
  engine: BenchEngine,
  { steps, sql, tables }: PathQuery,
  salt: bigint,
): Promise<readonly (readonly unknown[])[]> {
  const layouts = tables.flatMap((table) => (table.kind === 'layout' ? [table] : []));
  const counts = await Promise.all(layouts.map(({ spec }) => shardsOf(engine, spec)));
  for (const [shard, { first, last }] of shardRanges(Math.max(1, ...counts)).entries()) {
    for (const { name, columns } of layouts) {
      const read = columns.map((column) => `"${column}"`).join(', ');
      await engine.run(
        `CREATE OR REPLACE TEMP VIEW "${name}" AS SELECT ${read} FROM ${layoutTable(name)} WHERE "the person" BETWEEN ${first} AND ${last}`,
      );
    }
    for (const step of steps) {
      const isMade = shard === 0 || step.keeps === 'shard';
      const into = isMade ? `CREATE OR REPLACE TEMP TABLE "${step.into}" AS` : `INSERT INTO "${step.into}"`;
      await engine.run(`${into} ${step.sql}`, [salt]);
      if (step.merge !== null && (await engine.number(`SELECT count(*) FROM "${step.into}"`)) > MERGED_ROWS) {
        await engine.run(`CREATE OR REPLACE TEMP TABLE "${step.into}" AS ${step.merge}`);
      }
    }
  }
  const rows = await engine.rows(sql, [salt]);
  for (const { into } of steps) await engine.run(`DROP TABLE IF EXISTS "${into}"`);
  for (const { name } of layouts) await engine.run(`DROP VIEW "${name}"`);
  return rows;
}
