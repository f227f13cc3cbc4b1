import type { Entry } from '../entry/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';

/**
 * Checks, entry by entry, that events stand in an order the service may produce: charge first, log first, then answer.
 *
 * A root hash proves that nothing was changed; only this finds an operator who wrote the wrong history to begin with,
 * such as a release without a charge. Memory: one name for each question in the log.
 */
export class EventOrder {
  readonly #reserved = new Set<string>();
  readonly #admitted = new Set<string>();
  readonly #released = new Set<string>();
  #lastAt = '';

  /**
   * @throws {LogVerificationError} `ENTRY_BACKDATED`, `RELEASE_*` or `RESERVED_AFTER_RELEASE`, with the leaf's index
   */
  accept(entry: Entry, leafIndex: number): void {
    // Times have one spelling of fixed length, so their order is the order of their text.
    if (entry.at < this.#lastAt)
      throw new LogVerificationError('ENTRY_BACKDATED', 'entry is older than the one before it', leafIndex);
    this.#lastAt = entry.at;
    const question = entry.subject.question;
    if (entry.kind === 'release-made') this.#acceptRelease(question, leafIndex);
    if (typeof question !== 'string') return;
    if (entry.kind === 'budget-reserved') this.#acceptReservation(question, leafIndex);
    if (entry.kind === 'question-admitted') this.#admitted.add(question);
  }

  #acceptReservation(question: string, leafIndex: number): void {
    if (this.#released.has(question)) {
      throw new LogVerificationError(
        'RESERVED_AFTER_RELEASE',
        'budget was reserved after the release it is for',
        leafIndex,
      );
    }
    this.#reserved.add(question);
  }

  #acceptRelease(question: unknown, leafIndex: number): void {
    if (typeof question !== 'string') {
      throw new LogVerificationError('RELEASE_WITHOUT_QUESTION', 'release does not name its question', leafIndex);
    }
    if (!this.#reserved.has(question)) {
      throw new LogVerificationError('RELEASE_NOT_RESERVED', 'release has no budget reserved before it', leafIndex);
    }
    if (!this.#admitted.has(question)) {
      throw new LogVerificationError('RELEASE_NOT_ADMITTED', 'release has no admission before it', leafIndex);
    }
    this.#released.add(question);
  }
}
