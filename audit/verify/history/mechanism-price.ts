// What mechanisms cost, added up once more and apart from the code that charged: docs/ledger.md has the same formula in
// ten lines of Python. Exact fractions, rounded up once to whole units.

import type { JsonValue } from '../../entry/index.ts';
import { objectOf } from './subject.ts';

/** A charge: the loss in zCDP, and the delta of the selections. */
export interface Price {
  readonly rho: number;
  readonly delta: number;
}

/** What a record of mechanisms says: how many there are, and what they cost. */
export interface PricedMechanisms {
  readonly count: number;
  readonly price: Price;
  readonly isExact: boolean;
}

type Fraction = readonly [numerator: bigint, denominator: bigint];

/** Units of the ledger, a second and a third time as many as there are in one. */
const RHO_UNITS_BITS = 44;
const DELTA_UNITS_BITS = 68;

/** The one version of such records. */
const KNOWN_VERSION = 1;

const NOTHING: Fraction = [0n, 1n];

/**
 * Adds up a record of mechanisms; undefined when it is of no known version or holds what nobody named: a charge that
 * cannot be understood must not count as a small one.
 */
export function priceOf(record: JsonValue | undefined): PricedMechanisms | undefined {
  const document = objectOf(record);
  if (document?.version !== KNOWN_VERSION || !Array.isArray(document.events)) return undefined;
  let rho = NOTHING;
  let delta = NOTHING;
  let isExact = false;
  for (const event of document.events as readonly JsonValue[]) {
    const cost = costOf(event);
    if (cost === undefined) return undefined;
    rho = sum(rho, cost.rho);
    delta = sum(delta, cost.delta);
    isExact ||= cost.isExact;
  }
  const price = { rho: roundedUp(rho, RHO_UNITS_BITS), delta: roundedUp(delta, DELTA_UNITS_BITS) };
  return { count: document.events.length, price, isExact };
}

interface Cost {
  readonly rho: Fraction;
  readonly delta: Fraction;
  readonly isExact: boolean;
}

function costOf(event: JsonValue): Cost | undefined {
  const fields = objectOf(event);
  if (fields === undefined) return undefined;
  switch (fields.kind) {
    case 'discrete-gaussian':
      return noise(fields, fields.statistics);
    case 'private-bounds':
      return noise(fields, 1);
    case 'selection':
      return selection(fields);
    case 'declared':
      return declared(fields);
    case 'exact':
      return { rho: NOTHING, delta: NOTHING, isExact: true };
    default:
      return undefined;
  }
}

function noise(fields: Readonly<Record<string, JsonValue>>, statistics: JsonValue | undefined): Cost | undefined {
  const s = fractionOf(fields.squaredSensitivity);
  const v = fractionOf(fields.variance);
  if (s === undefined || v === undefined || v[0] === 0n) return undefined;
  if (typeof statistics !== 'number' || !Number.isSafeInteger(statistics) || statistics < 1) return undefined;
  return { rho: [BigInt(statistics) * s[0] * v[1], 2n * s[1] * v[0]], delta: NOTHING, isExact: false };
}

function selection(fields: Readonly<Record<string, JsonValue>>): Cost | undefined {
  const rho = fractionOf(fields.rho);
  const { delta } = fields;
  if (rho === undefined || typeof delta !== 'number' || !(delta > 0 && delta < 1)) return undefined;
  return { rho, delta: exactly(delta), isExact: false };
}

/** What owners declared: it is charged like a loss. */
function declared(fields: Readonly<Record<string, JsonValue>>): Cost | undefined {
  const rho = fractionOf(fields.rho);
  return rho && { rho, delta: NOTHING, isExact: false };
}

function fractionOf(text: JsonValue | undefined): Fraction | undefined {
  const [, numerator, denominator = '1'] = /^(\d+)(?:\/(\d+))?$/.exec(typeof text === 'string' ? text : '') ?? [];
  if (numerator === undefined || /^0+$/.test(denominator)) return undefined;
  return [BigInt(numerator), BigInt(denominator)];
}

/** A double as the exact fraction it is. */
function exactly(value: number): Fraction {
  let [numerator, denominator] = [value, 1n];
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    denominator *= 2n;
  }
  return [BigInt(numerator), denominator];
}

function sum(one: Fraction, other: Fraction): Fraction {
  if (one[0] === 0n) return other;
  if (one[1] === other[1]) return [one[0] + other[0], one[1]];
  return [one[0] * other[1] + other[0] * one[1], one[1] * other[1]];
}

function roundedUp([numerator, denominator]: Fraction, bits: number): number {
  const units = ((numerator << BigInt(bits)) + denominator - 1n) / denominator;
  return Number(units) * 2 ** -bits;
}
