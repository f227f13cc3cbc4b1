import { type Rewriter, tokenAt } from './rewriter.ts';
import { closingOf } from './sql-tokens.ts';

/** A sum that nothing bounds: clamped to what the owner declared of the measures within. */
export const clampValue: Rewriter = (violation, text) => {
  const { low, high } = violation.facts;
  const { tokens, sql } = text;
  const index = tokenAt(text, violation);
  const opening = tokens[index + 1];
  const closing = closingOf(tokens, index + 1);
  if (low === undefined || high === undefined || opening?.text !== '(' || closing < 0) return [];
  const depth = opening.depth + 1;
  // A second argument is the rank of a quantile.
  const comma = tokens.findIndex((t, i) => i > index && i < closing && t.depth === depth && t.text === ',');
  const end = tokens[(comma < 0 ? closing : comma) - 1]?.end ?? 0;
  const value = sql.slice(opening.end, end);
  const clamped = `clamp(${value}, ${low}, ${high})`;
  return [
    { edits: [{ start: opening.end, end, text: clamped }], change: `\`${value}\` is kept from ${low} to ${high}` },
  ];
};
