import type { Entry } from '../../entry/index.ts';
import { AccountLimits } from './account-limits.ts';
import { Agreements } from './agreements.ts';
import { AudienceOrder } from './audience-order.ts';
import { ConsentOrder } from './consent-order.ts';
import { DestinationConsent } from './destination-consent.ts';
import { GrantOrder } from './grant-order.ts';
import { type AccountSum, Ledger } from './ledger.ts';
import { MatchOrder } from './match-order.ts';
import { QuestionOrder } from './question-order.ts';
import { broken, type HistoryCheck, type PlacedEntry } from './subject.ts';
import { TemplateOrder } from './template-order.ts';

/**
 * Checks, entry by entry, that a history is one the service may produce: charge first, log first, then answer.
 *
 * A root hash proves that nothing was changed; only this finds an operator who wrote the wrong history to begin with,
 * such as a release without a charge. Memory: what stands (accounts, tables, grants, audiences), and about twenty bytes
 * for each question and match there ever was.
 */
export class LawfulHistory {
  readonly #ledger: Ledger;
  readonly #checks: readonly HistoryCheck[];

  constructor() {
    const agreements = new Agreements();
    const limits = new AccountLimits();
    this.#ledger = new Ledger(agreements, limits);
    this.#checks = [
      new TimeOrder(),
      agreements,
      limits,
      new QuestionOrder(),
      new MatchOrder(),
      new AudienceOrder(),
      new GrantOrder(),
      new TemplateOrder(),
      new ConsentOrder(agreements),
      new DestinationConsent(agreements),
      this.#ledger,
    ];
  }

  /** What the charges of each account add up to so far. */
  get accounts(): ReadonlyMap<string, AccountSum> {
    return this.#ledger.sums;
  }

  /** @throws {LogVerificationError} with the code of the first promise that this entry breaks, and its place */
  accept(entry: Entry, leafIndex: number): void {
    const placed = { entry, leafIndex };
    for (const check of this.#checks) check.accept(placed);
  }
}

/** Times never run backwards: an entry slipped in later cannot be told from one that was written late. */
class TimeOrder implements HistoryCheck {
  #lastAt = '';

  accept(placed: PlacedEntry): void {
    const { at } = placed.entry;
    // Times have one spelling of fixed length, so their order is the order of their text.
    if (at < this.#lastAt) throw broken('ENTRY_BACKDATED', 'entry is older than the one before it', placed);
    this.#lastAt = at;
  }
}
