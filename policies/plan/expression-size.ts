import { type Expression, partsOf } from './expression.ts';

/** Characters of a literal that weigh as much as one part: about what a part takes when it is printed. */
const CHARACTERS_PER_PART = 32;

const known = new WeakMap<Expression, number>();

/** How many parts an expression has when it is written out; those it uses twice count twice. */
export function sizeOf(expression: Expression): number {
  const size = known.get(expression);
  if (size !== undefined) return size;
  const isText = expression.kind === 'literal' && expression.value.type === 'text';
  const own = isText ? 1 + Math.floor(String(expression.value.value).length / CHARACTERS_PER_PART) : 1;
  const counted = partsOf(expression).reduce((sum, part) => sum + sizeOf(part), own);
  known.set(expression, counted);
  return counted;
}
