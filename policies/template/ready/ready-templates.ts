import { lifeCycle } from './life-cycle.ts';
import { newAndReturning } from './new-and-returning.ts';
import { recencyFrequencyMoney } from './recency-frequency-money.ts';
import { stagesOfInterest } from './stages-of-interest.ts';

/** The documents of the templates that come with Galley; their author is `galley`. */
export const readyTemplates: readonly object[] = [
  ...lifeCycle,
  ...recencyFrequencyMoney,
  ...stagesOfInterest,
  ...newAndReturning,
];
