import type { ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';

const ISO_MOMENT = /^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?$/;

/** A quoted date beside a date column is that date, as analysts write it. */
export function asMoment(e: Expression, other: ScalarType): Expression {
  if (other.kind !== 'date' && other.kind !== 'timestamp') return e;
  if (e.kind !== 'literal' || e.value.type !== 'text' || !ISO_MOMENT.test(e.value.value)) return e;
  return { kind: 'cast', arg: e, to: { type: other.kind }, type: other, at: e.at };
}
