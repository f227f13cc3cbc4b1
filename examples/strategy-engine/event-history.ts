import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { EVENT_FILE } from './event-schema.ts';
import { openForReading } from './store-file.ts';

/** The reading side of the events: what a decision needs of a person's past. */
export class EventHistory {
  readonly #database: DatabaseSync;
  readonly #armOf: StatementSync;
  readonly #exposures: StatementSync;

  /** Opens the events of a directory that a writer has opened before. */
  constructor(directory: string) {
    this.#database = openForReading(directory, EVENT_FILE);
    this.#armOf = this.#database.prepare('select arm from assignment where token = ? and strategy = ?');
    // Counting stops at the cap: somebody with a million exposures costs no more than others.
    this.#exposures = this.#database.prepare(
      `select count(*) as n from (select 1 from event
       where token = ? and kind = 'exposure' and strategy = ? and at_ms > ? limit ?)`,
    );
  }

  /** The arm that a person got first, or undefined. */
  armOf(token: Uint8Array, strategy: string): string | undefined {
    return this.#armOf.get(token, strategy)?.arm as string | undefined;
  }

  /** Tells whether a person was exposed to a strategy so often since a moment. */
  wasExposed(token: Uint8Array, strategy: string, exposureCount: number, sinceMs: number): boolean {
    const row = this.#exposures.get(token, strategy, Math.ceil(sinceMs), exposureCount);
    return Number(row?.n) >= exposureCount;
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }
}
