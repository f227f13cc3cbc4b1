import type { Charge } from './ledger-account.ts';
import { type ExactNumber, exactly, LEDGER_UNITS, sumOf, upToUnits } from './ledger-units.ts';
import { type FractionText, type PrivacyEvent, readEvents } from './privacy-event.ts';

/**
 * What mechanisms cost together: the exact sum of their losses, rounded up once to whole units of the ledger.
 *
 * Noise of variance v on a statistic of squared L2 sensitivity s loses s / 2v (Canonne, Kamath, Steinke 2020,
 * Theorem 14: as the continuous Gaussian); losses and deltas add up.
 */
export function chargeOfEvents(events: readonly PrivacyEvent[]): Charge {
  return { rho: rhoOfEvents(events), deltaSelection: deltaOfEvents(events) };
}

/** The loss in zCDP of mechanisms together, in whole units of the ledger. */
export function rhoOfEvents(events: readonly PrivacyEvent[]): number {
  return upToUnits(sumOf(events.map(rhoOf)), LEDGER_UNITS.rho);
}

/** The delta of all group selections together, in whole units of the ledger. */
export function deltaOfEvents(events: readonly PrivacyEvent[]): number {
  const deltas = events.flatMap((event) => (event.kind === 'selection' ? [exactly(event.delta)] : []));
  return upToUnits(sumOf(deltas), LEDGER_UNITS.delta);
}

/**
 * Holds a charge against the mechanisms that are stored with it.
 *
 * @throws {Error} when they do not cost exactly so much, or cannot be read
 */
export function assertAddsUp(record: unknown, charge: Charge): void {
  const sum = chargeOfEvents(readEvents(record));
  if (sum.rho === charge.rho && sum.deltaSelection === charge.deltaSelection) return;
  throw new Error(`a charge of rho ${charge.rho}, delta ${charge.deltaSelection} is not what its mechanisms cost`);
}

const NOTHING: ExactNumber = { numerator: 0n, denominator: 1n };

function rhoOf(event: PrivacyEvent): ExactNumber {
  switch (event.kind) {
    case 'discrete-gaussian':
      return gaussianRho(event, BigInt(event.statistics));
    case 'private-bounds':
      return gaussianRho(event, 1n);
    case 'selection':
    case 'declared':
      return fractionOf(event.rho);
    case 'exact':
      return NOTHING;
  }
}

function gaussianRho(
  { squaredSensitivity, variance }: { readonly squaredSensitivity: FractionText; readonly variance: FractionText },
  count: bigint,
): ExactNumber {
  const s = fractionOf(squaredSensitivity);
  const v = fractionOf(variance);
  return {
    numerator: count * s.numerator * v.denominator,
    denominator: 2n * s.denominator * v.numerator,
  };
}

function fractionOf(text: FractionText): ExactNumber {
  const [numerator = '0', denominator = '1'] = text.split('/');
  return { numerator: BigInt(numerator), denominator: BigInt(denominator) };
}
