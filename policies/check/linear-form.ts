import type { Expression } from '../plan/expression.ts';
import type { LinearForm, ReleasedMeasure } from '../plan/question-tree.ts';
import { constantOf } from './functions.ts';

/** A fraction of sums of noisy statistics; `denominator` is `null` for a plain sum. */
export interface Fraction {
  readonly numerator: LinearForm;
  readonly denominator: LinearForm | null;
}

/**
 * Reads an expression over released measures as a fraction of sums of statistics; `null` when it is none.
 *
 * What can be read so gets a confidence interval from the noise of its statistics: rates, shares, ratios of sums.
 *
 * @param measureOf the measure a column stands for; `null` for other columns
 */
export function fractionOf(e: Expression, measureOf: (column: Expression) => ReleasedMeasure | null): Fraction | null {
  const within = (part: Expression | undefined): Fraction | null => (part ? fractionOf(part, measureOf) : null);
  if (e.kind === 'column') return measureFraction(measureOf(e));
  if (e.kind === 'cast') return e.type.kind === 'double' ? within(e.arg) : null;
  if (e.kind !== 'call') return null;
  const [a, b] = e.args;
  switch (e.name) {
    case 'nullif':
      return b !== undefined && constantOf(b) === 0 ? within(a) : null;
    case '*':
      return scaled(within(a), b) ?? scaled(within(b), a);
    case '/':
      return quotient(within(a), within(b)) ?? scaled(within(a), b, (factor) => 1 / factor);
    case '+':
    case '-':
      return b === undefined ? null : total(within(a), within(b), e.name === '+' ? 1 : -1);
    default:
      return null;
  }
}

function measureFraction(measure: ReleasedMeasure | null): Fraction | null {
  switch (measure?.kind) {
    case 'count':
      return { numerator: [{ statistic: measure.statistic, factor: 1 }], denominator: null };
    case 'sum':
      return { numerator: [{ statistic: measure.statistic, factor: 10 ** -measure.scale }], denominator: null };
    case 'ratio':
      return { numerator: measure.numerator, denominator: measure.denominator };
    default:
      return null;
  }
}

function scaled(
  fraction: Fraction | null,
  by: Expression | undefined,
  factorOf: (constant: number) => number = (constant) => constant,
): Fraction | null {
  const constant = by ? constantOf(by) : null;
  if (fraction === null || constant === null || constant === 0) return null;
  return { ...fraction, numerator: times(fraction.numerator, factorOf(constant)) };
}

function quotient(a: Fraction | null, b: Fraction | null): Fraction | null {
  const isPlain = a?.denominator === null && b?.denominator === null;
  return isPlain ? { numerator: a.numerator, denominator: b.numerator } : null;
}

function total(a: Fraction | null, b: Fraction | null, sign: 1 | -1): Fraction | null {
  if (a?.denominator !== null || b?.denominator !== null) return null;
  const factors = new Map<number, number>();
  for (const { statistic, factor } of [...a.numerator, ...times(b.numerator, sign)]) {
    factors.set(statistic, (factors.get(statistic) ?? 0) + factor);
  }
  return { numerator: [...factors].map(([statistic, factor]) => ({ statistic, factor })), denominator: null };
}

function times(form: LinearForm, by: number): LinearForm {
  return form.map(({ statistic, factor }) => ({ statistic, factor: factor * by }));
}
