import type { FunctionView } from '../collaboration/function-view.ts';
import { type Computed, readsOf } from './columns-needed.ts';
import { allParts } from './expression.ts';
import type { ProtectedRows } from './protected-rows.ts';
import { expressionsIn } from './walk-rows.ts';

/** A scoring function that a question or an audience calls: whose, which, and which version of it. */
export type UsedFunction = Pick<FunctionView, 'member' | 'name' | 'digest'>;

/** Whatever runs over rows of persons: an aggregation, or an audience. */
type Running = { readonly rows: ProtectedRows } & Computed;

/** Lists the scoring functions that run over rows, each once, by member and name. */
export function functionsUsed(...running: readonly Running[]): readonly UsedFunction[] {
  const expressions = running.flatMap((plan) => [...readsOf(plan), ...expressionsIn(plan.rows)]);
  const used = new Map<string, UsedFunction>();
  for (const part of expressions.flatMap(allParts)) {
    if (part.kind !== 'score') continue;
    const { member, name, digest } = part;
    used.set(`${member}.${name}`, { member, name, digest });
  }
  return [...used].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, view]) => view);
}
