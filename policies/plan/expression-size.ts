import { type Expression, partsOf } from './expression.ts';

/** Characters of a literal that weigh as much as one part: about what a part takes when it is printed. */
const CHARACTERS_PER_PART = 32;

/**
 * Parts that a call of a scoring function weighs: some thirty of them make a question too large. Each can take
 * milliseconds for one person's row and none for all others; by hundreds in one question, the time of the whole answer
 * would tell whether that person is there.
 */
const SCORE_PARTS = 1_500;

const known = new WeakMap<Expression, number>();

/** How many parts an expression is without those within it: a long text, or code that is called, is several. */
export function ownSize(expression: Expression): number {
  return (expression.kind === 'score' ? SCORE_PARTS : 1) + Math.floor(charactersOf(expression) / CHARACTERS_PER_PART);
}

function charactersOf(e: Expression): number {
  if (e.kind === 'literal') return e.value.type === 'text' ? e.value.value.length : 0;
  // The call stands in the text with all the labels that it may give.
  return e.kind === 'score' && e.returns.kind === 'label' ? e.returns.labels.join("', '").length : 0;
}

/** How many parts an expression has when it is written out; those it uses twice count twice. */
export function sizeOf(expression: Expression): number {
  const size = known.get(expression);
  if (size !== undefined) return size;
  const counted = partsOf(expression).reduce((sum, part) => sum + sizeOf(part), ownSize(expression));
  known.set(expression, counted);
  return counted;
}
