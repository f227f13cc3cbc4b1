import {
  type ChosenPath,
  choosePath,
  chooseSelection,
  type PathQuery,
  printPath,
  printSelection,
  printThresholdPath,
} from '../../policies/index.ts';
import type { EngineBench } from '../rows/engine-bench.ts';
import { runShards } from '../stored/run-shards.ts';
import { type CutTable, openCut } from '../stored/shard-cut.ts';
import {
  cellsOf,
  intoSelected,
  ofAudience,
  ofGroups,
  type Planned,
  type ProtectedProgram,
  SALT,
} from './protected-program.ts';

/** The program that the planner chooses where layouts are there; `null` where that is the general one. */
export function pathProgram(planned: Planned, { store, layouts }: EngineBench): ProtectedProgram | null {
  if (planned.mode === 'audience') return audienceProgram(planned, { store, layouts });
  if (planned.mode === 'threshold') {
    const path = printThresholdPath(planned.aggregate, store.mostRows, layouts.stored);
    return path && overShards(path.kind, planned, path.query, store);
  }
  const { aggregate } = planned;
  const path: ChosenPath = choosePath(aggregate, store.mostRows, layouts.stored);
  const query = printPath(aggregate, path);
  return query && overShards(path.kind, planned, query, store);
}

function audienceProgram(
  { selection }: Extract<Planned, { mode: 'audience' }>,
  { store, layouts }: Pick<EngineBench, 'store' | 'layouts'>,
): ProtectedProgram | null {
  const path = chooseSelection(selection, layouts.stored);
  if (path === null) return null;
  const query = printSelection(selection, path);
  const { engine } = store;
  return ofAudience(path.kind, engine, async () => {
    const cut = await openCut(engine, cutTables(query));
    await runShards(engine, { ...query, sql: intoSelected(query.sql) }, cut, SALT);
  });
}

function overShards(
  kind: string,
  planned: Parameters<typeof ofGroups>[1],
  query: PathQuery,
  { engine }: EngineBench['store'],
): ProtectedProgram {
  return ofGroups(kind, planned, async () =>
    cellsOf(await runShards(engine, query, await openCut(engine, cutTables(query)), SALT)),
  );
}

function cutTables({ tables }: Pick<PathQuery, 'tables'>): readonly CutTable[] {
  return tables.flatMap((table) => (table.kind === 'layout' ? [table] : []));
}
