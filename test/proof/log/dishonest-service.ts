import { digestOfRecord, type GivenRecord } from '../../../cli/audit-replay.ts';
import type { ReplayClient } from '../../../cli/replay-history.ts';

type Entries = Awaited<ReturnType<typeof entriesFrom>>;
type Decision = Awaited<ReturnType<ReplayClient['audit']['decision']>>;

/** A leaf as JSON. */
interface Leaf {
  subject: Record<string, unknown>;
}

/**
 * A service that shows an auditor what its operator would like: the history of an honest one, with a lie in it.
 *
 * Whether leaves are those of the signed tree is the verification's to find; here it is assumed that they were written so
 * in the first place.
 */
export class DishonestService implements ReplayClient {
  readonly #entries: Entries;
  readonly #records = new Map<string, Decision | Error>();

  private constructor(entries: Entries) {
    this.#entries = entries;
  }

  /** Takes over the history of an honest service; `subjects` are those whose records it has. */
  static async from(honest: ReplayClient, subjects: readonly string[]): Promise<DishonestService> {
    const service = new DishonestService(await entriesFrom(honest));
    for (const subject of subjects) service.#records.set(subject, await honest.audit.decision(subject));
    return service;
  }

  /** What it answers. */
  readonly audit: ReplayClient['audit'] = {
    entries: ({ fromIndex }) => streamOf(this.#entries.filter(({ leafIndex }) => leafIndex >= fromIndex)),
    decision: async (subject) => {
      const record = this.#records.get(subject);
      if (record === undefined) throw new Error(`\`${subject}\` is no part of this story`);
      if (record instanceof Error) throw record;
      return record;
    },
  };

  /** The record that it gives. */
  recordOf(subject: string): Record<string, unknown> {
    const record = this.#records.get(subject);
    if (record === undefined || record instanceof Error) throw new Error(`there is no record of \`${subject}\``);
    return JSON.parse(Buffer.from(record.record).toString()) as Record<string, unknown>;
  }

  /** Gives another record than the log binds. */
  exchange(subject: string, record: unknown): void {
    const given = this.#records.get(subject);
    if (given === undefined || given instanceof Error) throw new Error(`there is no record of \`${subject}\``);
    this.#records.set(subject, { ...given, record: Buffer.from(JSON.stringify(record)) });
  }

  /** Gives another record, and a log that has bound it from the beginning. */
  forge(subject: string, record: unknown): void {
    const before = this.#digestOf(subject);
    this.exchange(subject, record);
    const after = this.#digestOf(subject);
    for (const entry of this.#entries) {
      const leaf = JSON.parse(Buffer.from(entry.leaf).toString()) as Leaf;
      if (leaf.subject.decision !== before) continue;
      leaf.subject.decision = after;
      entry.leaf = Buffer.from(JSON.stringify(leaf));
    }
  }

  /** Answers with a failure where there is a record. */
  keepBack(subject: string, failure: Error): void {
    this.#records.set(subject, failure);
  }

  /** Says that an entry is of another kind. */
  rename(leafIndex: number, kind: string): void {
    for (const entry of this.#entries) {
      if (Number(entry.leafIndex) !== leafIndex) continue;
      const leaf = JSON.parse(Buffer.from(entry.leaf).toString()) as Leaf;
      entry.kind = kind;
      entry.leaf = Buffer.from(JSON.stringify({ ...leaf, kind }));
    }
  }

  #digestOf(subject: string): string {
    return digestOfRecord(this.#records.get(subject) as GivenRecord);
  }
}

async function entriesFrom({ audit }: ReplayClient) {
  const all = await Array.fromAsync(audit.entries({ collaborationId: '', kind: '', fromIndex: 0n }));
  return all.map((entry) => ({ ...entry }));
}

async function* streamOf<Item>(items: readonly Item[]): AsyncGenerator<Item, void> {
  yield* items;
}
