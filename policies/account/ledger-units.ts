// The ledger adds in doubles, and a double rounds. So every charge is a whole number of units so small that nobody
// misses one, and so large that the sum of a whole life is exact: the order of charges does not matter, and ten
// thousand charges are ten thousand times one.

/** 2^-44: sums are exact up to 512, sixty times what an account of epsilon 20 bears. */
const RHO_UNIT_RATIO = 2 ** -44;
/** 2^-68: sums are exact up to 2^-15, three times the largest delta that rules may set. */
const DELTA_UNIT_RATIO = 2 ** -68;

/** The units of both halves of a charge. */
export const LEDGER_UNITS = { rho: RHO_UNIT_RATIO, delta: DELTA_UNIT_RATIO } as const;

/** An exact number of at least 0. */
export interface ExactNumber {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Rounds an exact number up to whole units: what is charged is never less than what was lost. */
export function upToUnits({ numerator, denominator }: ExactNumber, unit: number): number {
  const scaled = numerator * BigInt(1 / unit);
  return Number((scaled + denominator - 1n) / denominator) * unit;
}

/** Rounds a number down to whole units: what may be spent is never more than what is there. */
export function downToUnits(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}

/** A double as the exact number it is. */
export function exactly(value: number): ExactNumber {
  let numerator = value;
  let denominator = 1n;
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    denominator *= 2n;
  }
  return { numerator: BigInt(numerator), denominator };
}

/** The exact sum; halved first, so that the denominators stay short for as long as they can. */
export function sumOf(terms: readonly ExactNumber[]): ExactNumber {
  const [first] = terms;
  if (first === undefined) return { numerator: 0n, denominator: 1n };
  if (terms.length === 1) return first;
  const middle = terms.length >> 1;
  const left = sumOf(terms.slice(0, middle));
  const right = sumOf(terms.slice(middle));
  if (left.denominator === right.denominator) {
    return { numerator: left.numerator + right.numerator, denominator: left.denominator };
  }
  return {
    numerator: left.numerator * right.denominator + right.numerator * left.denominator,
    denominator: left.denominator * right.denominator,
  };
}
