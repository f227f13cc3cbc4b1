import type { DatabaseSync } from 'node:sqlite';
import { decisions } from '../../proto/index.ts';
import { TOKEN_BYTES } from './check-envelope.ts';
import { EngineRefusal } from './engine-refusal.ts';
import { EVENT_FILE, eventSchema } from './event-schema.ts';
import { inTransaction, openForWriting } from './store-file.ts';

/** Most events of one call. */
const CALL_MAX_EVENTS = 1_000;
/** Most characters of an id or a name. */
const NAME_MAX_CHARS = 256;
/** A clock may be wrong; an event that far ahead would never leave the cap. */
const FUTURE_MAX_MS = 86_400_000;
/** How long events stay: longer than any effect is measured. */
const KEPT_MS = 400 * 86_400_000;
/** Rows of one step of forgetting. */
const STEP_ROWS = 2_000;

/** The arm that somebody got when a strategy decided for the first time. */
export interface Assignment {
  readonly token: Uint8Array;
  readonly strategy: string;
  readonly audience: string;
  readonly scene: string;
  readonly arm: string;
  readonly atMs: number;
}

/** The writing side of the events, in a SQLite file of their own. */
export class EventStore {
  readonly #database: DatabaseSync;
  readonly #nowMs: () => number;

  /** Opens the store in a directory, creating both. */
  constructor(directory: string, nowMs: () => number = Date.now) {
    this.#database = openForWriting(directory, EVENT_FILE, eventSchema);
    this.#nowMs = nowMs;
  }

  /** Remembers first arms; whoever has one keeps it. */
  assign(assignments: readonly Assignment[]): void {
    const insert = this.#database.prepare('insert or ignore into assignment values (?, ?, ?, ?, ?, ?)');
    inTransaction(this.#database, () => {
      for (const { token, strategy, audience, scene, arm, atMs } of assignments)
        insert.run(token, strategy, audience, scene, arm, atMs);
    });
  }

  /**
   * Records events, all or none; those that are known change nothing.
   *
   * @throws {EngineRefusal} INVALID_ARGUMENT, naming the first that is no event
   */
  record(events: readonly decisions.Event[]): decisions.RecordEventsResponse {
    if (events.length > CALL_MAX_EVENTS) throw invalid(`a call may hold ${CALL_MAX_EVENTS} events at most`);
    const nowMs = this.#nowMs();
    for (const [index, event] of events.entries()) checkEvent(event, `event ${index}`, nowMs);
    const insert = this.#database.prepare('insert or ignore into event values (?, ?, ?, ?, ?, ?, ?)');
    const recordedCount = inTransaction(this.#database, () => {
      let recorded = 0;
      for (const { eventId, token, kind, strategy, scene, atMs, value } of events) {
        const name = kind === decisions.EventKind.EXPOSURE ? 'exposure' : 'conversion';
        const moment = atMs === 0n ? BigInt(nowMs) : atMs;
        recorded += Number(insert.run(eventId, token, name, strategy, scene, moment, value).changes);
      }
      return recorded;
    });
    return { recordedCount, repeatedCount: events.length - recordedCount };
  }

  /** Forgets what a person saw and did, and its arms. @returns how many rows that were */
  forget(token: Uint8Array): number {
    const tables = ['assignment', 'event'];
    return inTransaction(this.#database, () => {
      const drops = tables.map((table) => this.#database.prepare(`delete from ${table} where token = ?`).run(token));
      return drops.reduce((sum, { changes }) => sum + Number(changes), 0);
    });
  }

  /** Forgets some of what is too old to be of use. @returns whether there is more */
  tidyStep(): boolean {
    const some = 'select rowid from event where at_ms < ? limit ?';
    const drop = this.#database.prepare(`delete from event where rowid in (${some})`);
    return Number(drop.run(this.#nowMs() - KEPT_MS, STEP_ROWS).changes) === STEP_ROWS;
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }
}

function checkEvent(event: decisions.Event, place: string, nowMs: number): void {
  const { eventId, token, kind, strategy, scene, atMs, value } = event;
  if (eventId === '' || eventId.length > NAME_MAX_CHARS)
    throw invalid(`the id of ${place} must have 1 to ${NAME_MAX_CHARS} characters`);
  if (token.length !== TOKEN_BYTES) throw invalid(`the token of ${place} must have ${TOKEN_BYTES} bytes`);
  const { EXPOSURE, CONVERSION } = decisions.EventKind;
  if (kind !== EXPOSURE && kind !== CONVERSION) throw invalid(`${place} must be an exposure or a conversion`);
  if (kind === EXPOSURE && strategy === '') throw invalid(`${place} is an exposure and must name its strategy`);
  if (strategy.length > NAME_MAX_CHARS || scene.length > NAME_MAX_CHARS)
    throw invalid(`strategy and scene of ${place} must have ${NAME_MAX_CHARS} characters at most`);
  if (atMs < 0n || atMs > BigInt(nowMs + FUTURE_MAX_MS))
    throw invalid(`the time of ${place} must be in milliseconds since 1970, and not in the future`);
  if (!Number.isFinite(value)) throw invalid(`the value of ${place} must be a number`);
}

function invalid(message: string): EngineRefusal {
  return new EngineRefusal('INVALID_ARGUMENT', message);
}
