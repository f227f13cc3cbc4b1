import { median } from '../measure/contest.ts';
import type { AnsweredGroup } from './peer-protocol.ts';
import type { PeerMeasure } from './peer-questions.ts';

/** How far an answer is from the exact one. */
export interface AnswerError {
  /** Over the groups that both sides show, the relative error in the middle; by measure. */
  readonly byMeasure: Readonly<Partial<Record<PeerMeasure, number>>>;
  /** That of the measure that is worst. */
  readonly worst: number;
  /** Groups that show, of those there are. */
  readonly groupsKept: number;
}

/** A group that shows without its number is as far off as nought is. */
const MISSING_ERROR_RATIO = 1;

/**
 * Compares an answer with the exact one, over the groups that another answer shows too.
 *
 * Who shows only the largest groups would else have the smallest error. What a side keeps back is told as a number of
 * groups. Where no group is shown by both there is nothing to compare, and the error is not a number.
 */
export function answerError(
  measures: readonly PeerMeasure[],
  exact: readonly AnsweredGroup[],
  { answered, other }: { readonly answered: readonly AnsweredGroup[]; readonly other: readonly AnsweredGroup[] },
): AnswerError {
  const shown = new Map(answered.map((group) => [nameOf(group), group]));
  const shownThere = new Set(other.map(nameOf));
  const kept = exact.filter((group) => shown.has(nameOf(group)));
  const compared = kept.filter((group) => shownThere.has(nameOf(group)));
  const byMeasure = Object.fromEntries(
    measures.map((measure) => {
      const errors = compared.map((group) => relativeError(group[measure], shown.get(nameOf(group))?.[measure]));
      return [measure, median(errors)];
    }),
  );
  return { byMeasure, worst: Math.max(...Object.values(byMeasure)), groupsKept: kept.length };
}

function relativeError(exact: number | null | undefined, answered: number | null | undefined): number {
  if (typeof exact !== 'number') throw new Error('the exact answer has a group without its measure');
  if (typeof answered !== 'number') return MISSING_ERROR_RATIO;
  if (exact === 0) return answered === 0 ? 0 : MISSING_ERROR_RATIO;
  return Math.abs(answered - exact) / Math.abs(exact);
}

function nameOf({ key }: AnsweredGroup): string {
  return JSON.stringify(key);
}
