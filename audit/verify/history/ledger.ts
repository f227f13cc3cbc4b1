import type { AccountLimits } from './account-limits.ts';
import { type Agreements, actingForOf, tablesNamed } from './agreements.ts';
import { chargeOf, isSameCharge, type LoggedCharge } from './charge.ts';
import { priceOf } from './mechanism-price.ts';
import { broken, type HistoryCheck, nameOf, type PlacedEntry, textOf } from './subject.ts';

/** What all charges of an account add up to. */
export interface AccountSum {
  readonly rho: number;
  readonly delta: number;
  /** Whether an exact release was ever charged to it. */
  readonly isExact: boolean;
  readonly chargeCount: number;
}

/** Entries that say which mechanisms ran, and under which word they name what was charged. */
const RUNS: ReadonlyMap<string, 'question' | 'match' | 'audience'> = new Map([
  ['question-admitted', 'question'],
  ['match-begun', 'match'],
  ['match-reported', 'match'],
  ['audience-estimated', 'audience'],
  ['audience-refreshed', 'audience'],
]);

/**
 * The arithmetic of the ledger: what ran was charged before, to every account it concerns, exactly what its mechanisms
 * cost, and no account bears more than its limit.
 *
 * Memory: the sums of accounts, and the charges whose mechanisms have not been told yet.
 */
export class Ledger implements HistoryCheck {
  readonly #agreements: Agreements;
  readonly #limits: AccountLimits;
  readonly #sums = new Map<string, AccountSum>();
  /** Charges whose mechanisms are still to be told, by what they are for; an audience may have several. */
  readonly #open = new Map<string, LoggedCharge[]>();
  /** Whom a question is asked for, until it is charged. */
  readonly #askedFor = new Map<string, string>();

  constructor(agreements: Agreements, limits: AccountLimits) {
    this.#agreements = agreements;
    this.#limits = limits;
  }

  /** The sum of each account, by its name. */
  get sums(): ReadonlyMap<string, AccountSum> {
    return this.#sums;
  }

  accept(placed: PlacedEntry): void {
    const { kind } = placed.entry;
    if (kind === 'budget-reserved') this.#charged(placed);
    if (kind === 'question-submitted') this.#submitted(placed);
    if (kind === 'question-refused') this.#askedFor.delete(nameOf(placed, 'question'));
    if (kind === 'run-failed') this.#forget(`question/${nameOf(placed, 'question')}`);
    const word = RUNS.get(kind);
    if (kind === 'audience-activated') this.#published(placed);
    if (word !== undefined) this.#ran(placed, `${word}/${nameOf(placed, word)}`);
  }

  #submitted(placed: PlacedEntry): void {
    this.#askedFor.set(nameOf(placed, 'question'), actingForOf(placed) ?? '');
  }

  #charged(placed: PlacedEntry): void {
    const charge = chargeOf(placed);
    const key = charge.of.split('/').slice(0, 2).join('/');
    const open = this.#open.get(key) ?? [];
    // A service that died between a charge and its entry tells of it after its start, perhaps for the second time.
    const known = hasOwnName(charge) ? open.find(({ of }) => of === charge.of) : undefined;
    if (known !== undefined) {
      if (placed.entry.actor === null && isSameCharge(known, charge)) return;
      throw broken('CHARGE_REPEATED', 'charge was told a second time, and not by a service that had died', placed);
    }
    this.#assertConsumersPay(placed, charge);
    for (const account of charge.accounts) this.#add(placed, account, charge);
    this.#open.set(key, [...open, charge]);
  }

  #add(placed: PlacedEntry, account: string, { rho, delta, isExact }: LoggedCharge): void {
    const before = this.#sums.get(account) ?? { rho: 0, delta: 0, isExact: false, chargeCount: 0 };
    const after = {
      rho: before.rho + rho,
      delta: before.delta + delta,
      isExact: before.isExact || isExact,
      chargeCount: before.chargeCount + 1,
    };
    this.#limits.assertBearable(placed, account, after);
    this.#sums.set(account, after);
  }

  /** The collaboration, who asks, and whom it is asked for. */
  #assertConsumersPay(placed: PlacedEntry, charge: LoggedCharge): void {
    const { collaboration, actor } = placed.entry;
    const question = textOf(placed, 'question') ?? '';
    const askedFor = this.#askedFor.get(question);
    this.#askedFor.delete(question);
    const members = [actor?.member, askedFor === '' ? undefined : askedFor].filter((m) => m !== undefined);
    const due = [`collaboration/${collaboration}`, ...members.map((m) => `consumer/${collaboration}/${m}`)];
    assertCovers(placed, charge, due);
  }

  #ran(placed: PlacedEntry, key: string): void {
    const mechanisms = priceOf(placed.entry.subject.mechanisms);
    if (mechanisms === undefined) {
      throw broken('CHARGE_UNREADABLE', `entry \`${placed.entry.kind}\` does not say which mechanisms ran`, placed);
    }
    const { count, price, isExact } = mechanisms;
    const open = this.#open.get(key) ?? [];
    // Stored releases answer again, and nothing runs: there is nothing to charge. An earlier size that failed may still
    // be open.
    if (count === 0 && (open.length === 0 || key.startsWith('audience/'))) return;
    if (open.length === 0) throw broken('MECHANISMS_NOT_RESERVED', 'mechanisms ran that were not charged', placed);
    const charge = open.find((one) => one.rho === price.rho && one.delta === price.delta && one.isExact === isExact);
    if (charge === undefined) {
      throw broken('CHARGE_NOT_OF_MECHANISMS', 'charge is not what the mechanisms that ran cost', placed);
    }
    if (count > 0) this.#assertOwnersPay(placed, charge);
    const left = open.filter((one) => one !== charge);
    if (left.length > 0) this.#open.set(key, left);
    else this.#open.delete(key);
  }

  /** The prices of its tags were charged before, owner by owner, and come to exactly what it says. */
  #published(placed: PlacedEntry): void {
    const { mechanisms } = placed.entry.subject;
    if (mechanisms === undefined) return;
    const declared = priceOf(mechanisms);
    if (declared === undefined) {
      throw broken('CHARGE_UNREADABLE', 'entry `audience-activated` does not say what its tags cost', placed);
    }
    const key = `activation/${nameOf(placed, 'activation')}`;
    const charged = this.#open.get(key) ?? [];
    this.#open.delete(key);
    // Whole units of the ledger: their sum is exact.
    const rho = charged.reduce((sum, charge) => sum + charge.rho, 0);
    if (charged.length === declared.count && rho === declared.price.rho) return;
    throw broken('CHARGE_NOT_OF_MECHANISMS', 'charge is not what the tags of the publication cost', placed);
  }

  /** Every owner of a table, but of a public one: in that there is nobody to protect. */
  #assertOwnersPay(placed: PlacedEntry, charge: LoggedCharge): void {
    const { collaboration } = placed.entry;
    const due = tablesNamed(placed).flatMap(({ name }) => {
      const table = this.#agreements.table(collaboration, name);
      return table === undefined || table.wasPublic ? [] : [`owner/${table.dataset}`];
    });
    assertCovers(placed, charge, due);
  }

  #forget(key: string): void {
    this.#open.delete(key);
    this.#askedFor.delete(key.slice('question/'.length));
  }
}

/** Old entries do not say which size of an audience they charge for: there may be several alike. */
function hasOwnName({ of }: LoggedCharge): boolean {
  return !of.startsWith('audience/') || of.split('/').length > 2;
}

function assertCovers(placed: PlacedEntry, charge: LoggedCharge, due: readonly string[]): void {
  const missing = due.find((account) => !charge.accounts.includes(account));
  if (missing === undefined) return;
  throw broken('CHARGE_MISSES_ACCOUNT', `charge leaves out \`${missing}\``, placed);
}
