import type { Price } from './mechanism-price.ts';
import { broken, type PlacedEntry, textsOf } from './subject.ts';

/** What one `budget-reserved` says. */
export interface LoggedCharge extends Price {
  readonly accounts: readonly string[];
  readonly isExact: boolean;
  /** What it is for: the question, the match, the audience and which of its sizes, or the activation and whose tags. */
  readonly of: string;
}

/** A charge is whole units of 2^-44 and 2^-68, so that sums of doubles are exact in any order. */
const RHO_UNIT_RATIO = 2 ** -44;
const DELTA_UNIT_RATIO = 2 ** -68;

/**
 * Reads a charge.
 *
 * @throws {LogVerificationError} `CHARGE_UNREADABLE`: a charge that cannot be understood must not count as none
 */
export function chargeOf(placed: PlacedEntry): LoggedCharge {
  const { accounts: listed, rho, deltaSelection: delta, exact, question, match } = placed.entry.subject;
  const { audience, size, activation } = placed.entry.subject;
  const accounts = textsOf(listed);
  const of = [
    ...(typeof question === 'string' ? [`question/${question}`] : []),
    ...(typeof match === 'string' ? [`match/${match}`] : []),
    // Of the tags of one publication each owner is charged its own price.
    ...(typeof activation === 'string' ? [`activation/${activation}/${accounts?.find(isOwners) ?? ''}`] : []),
    ...(typeof audience === 'string' ? [`audience/${audience}${typeof size === 'string' ? `/${size}` : ''}`] : []),
  ];
  const isReadable =
    accounts !== undefined &&
    accounts.length > 0 &&
    new Set(accounts).size === accounts.length &&
    isWhole(rho, RHO_UNIT_RATIO) &&
    isWhole(delta, DELTA_UNIT_RATIO) &&
    typeof exact === 'boolean' &&
    of.length === 1;
  if (!isReadable)
    throw broken('CHARGE_UNREADABLE', 'charge does not say what it is for, how much and to whom', placed);
  return { accounts, rho, delta, isExact: exact, of: of[0] as string };
}

/** Whether two entries tell of one and the same charge. */
export function isSameCharge(one: LoggedCharge, other: LoggedCharge): boolean {
  return (
    one.of === other.of &&
    one.rho === other.rho &&
    one.delta === other.delta &&
    one.isExact === other.isExact &&
    one.accounts.toSorted().join() === other.accounts.toSorted().join()
  );
}

function isOwners(account: string): boolean {
  return account.startsWith('owner/');
}

function isWhole(value: unknown, unit: number): value is number {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value / unit);
}
