import type { ScoringKind, ScoringParameter, ScoringResult } from '../../../../wire/scoring.ts';
import { chargeModule } from '../charge-module.ts';
import { CHARGED_EXPORTS } from '../charged-module.ts';
import { decodeModule } from '../decode-module.ts';
import { instantiate, type RunningModule } from '../host-compiler.ts';
import { FUEL_PER_CALL_UNITS } from '../limits.ts';
import { assemble, type WrittenModule } from './assemble.ts';

/** What a call came to: its value, or the name of what it threw. */
export type Outcome = { value: number | bigint | undefined } | { failed: string };

/** A number with room for any test. */
export const ANY_NUMBER: ScoringResult = { kind: 'number', scale: 0, min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Parameters of those kinds, without names that matter. */
export function parametersOf(...kinds: readonly ScoringKind[]): ScoringParameter[] {
  return kinds.map((kind, index) => ({ name: `p${index}`, kind, values: kind === 'text' ? ['a', 'b'] : null }));
}

/** The module as it was written, by the host alone. */
export function runPlainly(written: WrittenModule): RunningModule {
  return instantiate(Uint8Array.from(assemble(written)));
}

/** A charged module that is ready for rows, with the fuel that the last one used. */
export interface ChargedRun {
  run(...values: (number | bigint)[]): Outcome;
  fuelUsed(): number;
}

/** The module charged; its exported function `score` is run. */
export function runCharged(written: WrittenModule): ChargedRun {
  const module = decodeModule(Uint8Array.from(assemble(written)));
  const score = module.exports.find(({ name }) => name === 'score');
  if (score === undefined) throw new Error('the test exports no function named score');
  const running = instantiate(chargeModule(module, score.index));
  running.call(CHARGED_EXPORTS.prepare);
  return {
    run: (...values) => outcomeOf(() => running.call(CHARGED_EXPORTS.score, ...values)),
    fuelUsed: () => FUEL_PER_CALL_UNITS - Number((running.exported(CHARGED_EXPORTS.fuel) as { value: number }).value),
  };
}

/** Runs, and tells a value from a failure. */
export function outcomeOf(run: () => number | bigint | undefined): Outcome {
  try {
    return { value: run() };
  } catch (error) {
    return { failed: error instanceof Error ? error.constructor.name : 'not an error' };
  }
}
