// What an account may bear, from the log alone: limits are announced when a collaboration is created and when rules are
// set, and rho becomes epsilon by the formula of docs/ledger.md, written here once more.

import type { JsonValue } from '../../entry/index.ts';
import type { Price } from './mechanism-price.ts';
import { broken, type HistoryCheck, nameOf, objectOf, type PlacedEntry, timeOf, UNDER_WAY_MS } from './subject.ts';

/** An epsilon and a delta for life. */
interface Limit {
  readonly epsilon: number;
  readonly delta: number;
}

interface Account {
  /** One for each binding of the dataset; one alone for the other levels. The strictest counts. */
  readonly limits: Map<string, Limit>;
  /** The limit that was in force before the last change: what was charged under it may be told after the change. */
  before: { readonly limit: Limit; readonly untilMs: number } | undefined;
}

/** Half of delta pays for reading rho as an epsilon, half for selections. */
const CONVERSION_SHARE_RATIO = 0.5;

/** Two searches for a least value agree to far more digits than this; a question costs far more. */
const TOLERANCE_RATIO = 1e-9;

const SEARCH_STEPS_COUNT = 200;

/** The limits of all accounts, and whether what was charged is within them. */
export class AccountLimits implements HistoryCheck {
  readonly #accounts = new Map<string, Account>();
  readonly #consumers = new Map<string, Limit>();
  readonly #bearable = new Map<string, number>();

  accept(placed: PlacedEntry): void {
    const { kind, collaboration, actor, subject } = placed.entry;
    if (kind === 'collaboration-created') {
      this.#set(`collaboration/${collaboration}`, 'own', limitOf(placed, subject.budget), placed);
      this.#consumers.set(collaboration ?? '', limitOf(placed, subject.consumerBudget));
    }
    if ((kind === 'dataset-bound' || kind === 'rules-changed') && subject.public !== true) {
      const binding = `${collaboration} ${actor?.member} ${nameOf(placed, 'alias')}`;
      this.#set(`owner/${nameOf(placed, 'dataset')}`, binding, limitOf(placed, subject.budget), placed);
    }
  }

  /**
   * Checks what an account bears after a charge.
   *
   * @throws {LogVerificationError} `ACCOUNT_UNKNOWN`, `ACCOUNT_OVERSPENT`
   */
  assertBearable(placed: PlacedEntry, account: string, charged: Price): void {
    const limits = this.#limitsOf(account, timeOf(placed));
    if (limits.length === 0) throw broken('ACCOUNT_UNKNOWN', `no limit was ever set for \`${account}\``, placed);
    if (limits.some((limit) => this.#isWithin(limit, charged))) return;
    throw broken('ACCOUNT_OVERSPENT', `\`${account}\` was charged more than its limit bears`, placed);
  }

  #limitsOf(name: string, atMs: number): readonly Limit[] {
    const [level, collaboration = ''] = name.split('/');
    const consumer = level === 'consumer' ? this.#consumers.get(collaboration) : undefined;
    if (consumer !== undefined) return [consumer];
    const account = this.#accounts.get(name);
    if (account === undefined) return [];
    const { before } = account;
    const earlier = before !== undefined && atMs <= before.untilMs ? [before.limit] : [];
    return [strictest(account), ...earlier];
  }

  #set(name: string, binding: string, limit: Limit, placed: PlacedEntry): void {
    const account = this.#accounts.get(name) ?? { limits: new Map<string, Limit>(), before: undefined };
    if (account.limits.size > 0) {
      account.before = { limit: strictest(account), untilMs: timeOf(placed) + UNDER_WAY_MS };
    }
    account.limits.set(binding, limit);
    this.#accounts.set(name, account);
  }

  #isWithin(limit: Limit, charged: Price): boolean {
    const delta = limit.delta * CONVERSION_SHARE_RATIO;
    return charged.delta <= limit.delta - delta && charged.rho <= this.#bearableRho(limit.epsilon, delta);
  }

  /** The most rho under an epsilon; searched for once, and then compared with. */
  #bearableRho(epsilon: number, delta: number): number {
    const key = `${epsilon} ${delta}`;
    const known = this.#bearable.get(key);
    if (known !== undefined) return known;
    const found = leastFrom(0, epsilon + 1, (rho) => epsilonOf(rho, delta) > epsilon) * (1 + TOLERANCE_RATIO);
    this.#bearable.set(key, found);
    return found;
  }
}

function strictest({ limits }: Account): Limit {
  const all = [...limits.values()];
  return { epsilon: Math.min(...all.map((l) => l.epsilon)), delta: Math.min(...all.map((l) => l.delta)) };
}

function limitOf(placed: PlacedEntry, value: JsonValue | undefined): Limit {
  const { epsilon, delta } = objectOf(value) ?? {};
  if (typeof epsilon === 'number' && typeof delta === 'number' && epsilon >= 0 && delta >= 0) return { epsilon, delta };
  throw broken('SUBJECT_UNREADABLE', `entry \`${placed.entry.kind}\` does not say its budget`, placed);
}

/** The epsilon of a rho at a delta: the least over all orders (Canonne, Kamath and Steinke 2020, Corollary 13). */
function epsilonOf(rho: number, delta: number): number {
  // In the logarithm of (order - 1) the bound falls and then rises: where its slope turns is its least value.
  const at = (log: number): number => {
    const excess = Math.exp(log);
    return (1 + excess) * rho + (-Math.log(delta) - Math.log1p(excess)) / excess - Math.log1p(1 / excess);
  };
  const nudge = 1e-6;
  const turn = leastFrom(-18, 20, (log) => at(log + nudge) > at(log));
  return Math.max(0, at(turn));
}

/** The least number of a range from which on something is true. */
function leastFrom(from: number, to: number, isTrue: (value: number) => boolean): number {
  let [low, high] = [from, to];
  for (let step = 0; step < SEARCH_STEPS_COUNT && low < high; step += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (isTrue(middle)) high = middle;
    else low = middle;
  }
  return low;
}
