// What a function gives is held to what was declared of it, here, where every language comes through: the bound on what
// a person can change in a release is reckoned from the declaration.
import type { CompiledScore, ScoringResult } from '../../wire/scoring.ts';

/** What a compiled function gives. */
export type Score = ReturnType<CompiledScore>;

/**
 * Gives what turns a score into a label's place: the place as given, or that of the text; null for any other.
 */
export function placesOf(labels: readonly string[]): (score: Score) => number | null {
  const places = new Map<Score, number>(labels.map((label, place) => [label, place]));
  return (score) => {
    if (typeof score === 'string') return places.get(score) ?? null;
    return typeof score === 'number' && Number.isInteger(score) && score >= 0 && score < labels.length ? score : null;
  };
}

/**
 * Gives what turns a score into units of the last declared digit, between the declared ends.
 *
 * Shape: rounded half away from zero; an infinity is the end it lies beyond, NaN is null.
 */
export function unitsOf({
  scale,
  min,
  max,
}: Extract<ScoringResult, { kind: 'number' }>): (score: Score) => bigint | null {
  const factor = 10 ** scale;
  const bigFactor = 10n ** BigInt(scale);
  const clamp = (units: bigint): bigint => (units < min ? min : units > max ? max : units);
  return (score) => {
    if (typeof score === 'bigint') return clamp(score * bigFactor);
    if (typeof score !== 'number' || Number.isNaN(score)) return null;
    const units = roundHalfAway(score * factor);
    if (Number.isFinite(units)) return clamp(BigInt(units));
    return units > 0 ? max : min;
  };
}

function roundHalfAway(value: number): number {
  const whole = Math.trunc(value);
  // Not by adding a half first, which would itself round: 0.49999999999999994 would become 1.
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}
