import type { FunctionView } from '../collaboration/function-view.ts';
import type { FaultCollector } from './fault-collector.ts';
import type { Rules } from './rules.ts';

/** All functions of ours, in a list that names scoring functions beside them. */
const STANDARD = 'standard';

/** `member/name`, or `member/*` for all that a member submits. */
const SCORE = /^[a-z][a-z0-9-]{1,62}\/(?:\*|[a-z][a-z0-9_]{0,62})$/;

/** Reads the permitted functions; left out, all of ours, and no scoring function. */
export function readFunctions(collect: FaultCollector, value: unknown): Rules['functions'] {
  if (value === undefined || value === STANDARD) return STANDARD;
  const names = collect.texts(value, '/functions');
  for (const [index, name] of names.entries()) {
    if (!name.includes('/') || SCORE.test(name)) continue;
    const help = 'must be written `member/name`, or `member/*` for all of a member';
    collect.fault(`/functions/${index}`, help);
  }
  return names;
}

/** Whether rules permit a function of ours. */
export function permitsStandard(functions: Rules['functions'], name: string): boolean {
  return functions === STANDARD || functions.includes(STANDARD) || functions.includes(name);
}

/** Whether rules permit a scoring function. */
export function permitsScore(
  functions: Rules['functions'],
  { member, name }: Pick<FunctionView, 'member' | 'name'>,
): boolean {
  return functions !== STANDARD && (functions.includes(`${member}/${name}`) || functions.includes(`${member}/*`));
}
