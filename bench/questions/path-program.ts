import { type ChosenPath, choosePath, type PathQuery, printPath, printThresholdPath } from '../../policies/index.ts';
import type { EngineBench } from '../rows/engine-bench.ts';
import { runShards } from '../stored/run-shards.ts';
import { cellsOf, ofGroups, type Planned, type ProtectedProgram, SALT } from './protected-program.ts';

/** The program that the planner chooses where layouts are there; `null` where that is the general one. */
export function pathProgram(planned: Planned, { store, layouts }: EngineBench): ProtectedProgram | null {
  if (planned.mode === 'audience') return null;
  if (planned.mode === 'threshold') {
    const path = printThresholdPath(planned.aggregate, store.mostRows, layouts.stored);
    return path && overShards(path.kind, planned, path.query, store);
  }
  const { aggregate } = planned;
  const path: ChosenPath = choosePath(aggregate, store.mostRows, layouts.stored);
  const query = printPath(aggregate, path);
  return query && overShards(path.kind, planned, query, store);
}

function overShards(
  kind: string,
  planned: Parameters<typeof ofGroups>[1],
  query: PathQuery,
  { engine }: EngineBench['store'],
): ProtectedProgram {
  return ofGroups(kind, planned, async () => cellsOf(await runShards(engine, query, SALT)));
}
