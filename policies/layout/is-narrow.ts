import type { Expression } from '../plan/expression.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { conditionsOf } from './planned-path.ts';

/**
 * Whether a question asks for rows with certain values: one of its conditions, which all must hold, compares a column with
 * constants for equality.
 *
 * Few rows are left by such a condition, and about half or more by one on a range: the oldest rule of planners, which looks
 * at no data. Here it must not: how many rows are left would tell whoever asked of them.
 *
 * Source: Selinger et al., "Access Path Selection in a Relational Database Management System" (1979), table 1.
 */
export function isNarrow(aggregate: PlannedAggregate): boolean {
  return conditionsOf(aggregate).some(isEquality);
}

function isEquality(e: Expression): boolean {
  switch (e.kind) {
    case 'logic':
      return e.operator === 'and' ? e.args.some(isEquality) : e.args.every(isEquality);
    case 'compare':
      return e.operator === '=' && (isChosen(e.left, [e.right]) || isChosen(e.right, [e.left]));
    case 'in':
      return !e.negated && isChosen(e.arg, e.list);
    default:
      return false;
  }
}

/** One of two values is no small choice. */
function isChosen(column: Expression, values: readonly Expression[]): boolean {
  return column.kind === 'column' && column.type.kind !== 'boolean' && values.every((v) => v.kind === 'literal');
}
