import { createHash, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { strategy } from '../../proto/index.ts';
import { type CheckedEnvelope, checkEnvelope, TOKEN_BYTES } from './check-envelope.ts';
import { EngineRefusal } from './engine-refusal.ts';
import { inTransaction, openForWriting } from './store-file.ts';
import { audienceSchema } from './store-schema.ts';

const { PublicationBegin, PublicationCommit, PublicationKind, DeliveryOutcome } = strategy;
type Answer = strategy.DeliverResponse;
type Part<Case extends CheckedEnvelope['part']['$case']> = Extract<CheckedEnvelope['part'], { $case: Case }>['value'];

/** The name of the file with the audiences. */
export const AUDIENCE_FILE = 'audiences.sqlite';

interface InForce {
  readonly version: bigint;
  readonly state: 'shown' | 'withdrawn' | 'expired';
  readonly receipt: string;
  readonly expires_at_s: bigint;
}

interface Staging {
  readonly layer_id: bigint;
  readonly begin_part: Uint8Array | null;
  readonly commit_part: Uint8Array | null;
  readonly next_batch: bigint;
  readonly needs_full: bigint;
}

/**
 * The writing side of the engine's audiences, in one SQLite file that survives the death of its process at any moment.
 *
 * Each part is one transaction: what was answered is on the disk, and what was not answered has left nothing behind.
 */
export class AudienceStore {
  readonly #database: DatabaseSync;
  readonly #identifier: string;
  readonly #nowMs: () => number;

  /** Opens the store in a directory, creating both. */
  constructor(directory: string, identifier: string, nowMs: () => number = Date.now) {
    this.#database = openForWriting(directory, AUDIENCE_FILE, audienceSchema);
    this.#identifier = identifier;
    this.#nowMs = nowMs;
  }

  /** The file, for those who tidy it. */
  get database(): DatabaseSync {
    return this.#database;
  }

  /**
   * Takes one part of a delivery. Parts may come twice and in any order; each has its effect once.
   *
   * @throws {EngineRefusal} INVALID_ARGUMENT for a part that no sender of the contract makes, FAILED_PRECONDITION when
   *   one version is both a publication and a withdrawal
   */
  take(envelope: strategy.Envelope): Answer {
    const checked = checkEnvelope(envelope, this.#identifier);
    return inTransaction(this.#database, () => {
      const inForce = this.#inForce(checked.audienceId);
      if (inForce !== undefined && checked.version < inForce.version) return answer(DeliveryOutcome.SUPERSEDED);
      if (inForce !== undefined && checked.version === inForce.version) return repeated(checked, inForce);
      return this.#takeNew(checked, inForce);
    });
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }

  #takeNew(envelope: CheckedEnvelope, inForce: InForce | undefined): Answer {
    const { audienceId, version, part } = envelope;
    if (part.$case === 'withdrawal') return this.#withdraw(audienceId, version, part.value.reason);
    const staging = this.#staging(audienceId, version);
    if (part.$case === 'begin') this.#keepBegin(envelope, staging, part.value);
    if (part.$case === 'batch' && staging.needs_full === 0n) this.#keepBatch(staging, part.value);
    if (part.$case === 'commit') {
      const bytes = PublicationCommit.encode(part.value).finish();
      this.#run('update staging set commit_part = ? where layer_id = ?', bytes, staging.layer_id);
    }
    return this.#settle(envelope, this.#staging(audienceId, version), inForce);
  }

  // A delta that was refused comes again as a full publication, and so may one that was made anew: what was kept of
  // another beginning is no part of it. The delta itself may come late once more; nothing goes back to it.
  #keepBegin({ audienceId, version }: CheckedEnvelope, before: Staging, begin: Part<'begin'>): void {
    const bytes = PublicationBegin.encode(begin).finish();
    const isAnother = before.begin_part !== null && !Buffer.from(bytes).equals(before.begin_part);
    if (isAnother && begin.kind === PublicationKind.DELTA && isFull(before.begin_part)) return;
    if (isAnother) this.#forget(audienceId, version);
    const { layer_id } = isAnother ? this.#staging(audienceId, version) : before;
    this.#run('update staging set begin_part = ? where layer_id = ?', bytes, layer_id);
  }

  #keepBatch({ layer_id, next_batch }: Staging, { index, added, removed }: Part<'batch'>): void {
    // The first copy stands. Were another one different, the digest of the whole would tell.
    const kept = this.#run('insert or ignore into batch values (?, ?, ?, ?)', layer_id, index, added, removed);
    if (kept === 0n) return;
    // Of a token that comes and goes in one publication the coming stands, in whatever order the batches arrive.
    const insert = this.#database.prepare(
      `insert into member values (?, ?, ?)
       on conflict do update set is_present = max(is_present, excluded.is_present)`,
    );
    for (const [tokens, isPresent] of [
      [removed, 0n],
      [added, 1n],
    ] as const) {
      for (let at = 0; at < tokens.length; at += TOKEN_BYTES)
        insert.run(layer_id, tokens.subarray(at, at + TOKEN_BYTES), isPresent);
    }
    if (BigInt(index) === next_batch) this.#advance(layer_id, next_batch);
  }

  #advance(layerId: bigint, from: bigint): void {
    const isThere = this.#database.prepare('select 1 from batch where layer_id = ? and batch_index = ?');
    let next = from;
    while (isThere.get(layerId, next) !== undefined) next += 1n;
    this.#run('update staging set next_batch = ? where layer_id = ?', next, layerId);
  }

  /** Lets a publication show when all of it is there. */
  #settle(envelope: CheckedEnvelope, staging: Staging, inForce: InForce | undefined): Answer {
    const begin = staging.begin_part === null ? undefined : PublicationBegin.decode(staging.begin_part);
    if (staging.needs_full !== 0n || (begin !== undefined && !this.#hasBase(begin, inForce))) {
      this.#run('update staging set needs_full = 1 where layer_id = ?', staging.layer_id);
      return answer(DeliveryOutcome.NEEDS_FULL);
    }
    const kept = answer(DeliveryOutcome.KEPT, { nextBatch: Number(staging.next_batch) });
    if (begin === undefined || staging.commit_part === null) return kept;
    const commit = PublicationCommit.decode(staging.commit_part);
    if (begin.batchCount === commit.batchCount && staging.next_batch < BigInt(begin.batchCount)) return kept;
    if (begin.batchCount !== commit.batchCount || !this.#isWhole(staging.layer_id, commit)) {
      this.#forget(envelope.audienceId, envelope.version);
      return answer(DeliveryOutcome.START_AGAIN);
    }
    return this.#show(envelope, staging.layer_id, begin);
  }

  #hasBase(begin: strategy.PublicationBegin, inForce: InForce | undefined): boolean {
    if (begin.kind === PublicationKind.FULL) return true;
    if (inForce?.state !== 'shown' || inForce.version !== begin.baseVersion) return false;
    return inForce.expires_at_s === 0n || inForce.expires_at_s * 1000n > BigInt(this.#nowMs());
  }

  #isWhole(layerId: bigint, commit: strategy.PublicationCommit): boolean {
    const hash = createHash('sha256');
    const index = Buffer.alloc(4);
    let count = 0;
    const batches = this.#database.prepare(
      'select batch_index, added, removed from batch where layer_id = ? order by batch_index',
    );
    for (const row of batches.iterate(layerId)) {
      index.writeUInt32BE(Number(row.batch_index));
      hash
        .update(index)
        .update(row.added as Uint8Array)
        .update(row.removed as Uint8Array);
      count += 1;
    }
    return count === commit.batchCount && hash.digest().equals(commit.digest);
  }

  #show({ audienceId, version }: CheckedEnvelope, layerId: bigint, begin: strategy.PublicationBegin): Answer {
    if (begin.kind === PublicationKind.FULL)
      this.#run(`update layer set state = 'garbage' where audience_id = ? and state = 'shown'`, audienceId);
    this.#run(`update layer set state = 'shown' where layer_id = ?`, layerId);
    this.#forgetUpTo(audienceId, version);
    const receipt = `pub-${randomUUID()}`;
    const { displayName, purpose, blurred, expiresAtS } = begin;
    const blurredMark = blurred ? 1n : 0n;
    this.#point(audienceId, version, 'shown', receipt, displayName, purpose, blurredMark, expiresAtS, '');
    return answer(DeliveryOutcome.DONE, { receipt });
  }

  /** An audience never seen is remembered as withdrawn too, so that a late publication stays out. */
  #withdraw(audienceId: string, version: bigint, reason: string): Answer {
    this.#run(`update layer set state = 'garbage' where audience_id = ? and state = 'shown'`, audienceId);
    this.#forgetUpTo(audienceId, version);
    const receipt = `rev-${randomUUID()}`;
    this.#point(audienceId, version, 'withdrawn', receipt, '', '', 0n, 0n, reason);
    return answer(DeliveryOutcome.DONE, { receipt });
  }

  #point(...row: readonly (string | bigint)[]): void {
    this.#run(`insert or replace into audience values (?, ?, ?, ?, ?, ?, ?, ?, ?)`, ...row);
  }

  #inForce(audienceId: string): InForce | undefined {
    const row = this.#database.prepare('select * from audience where audience_id = ?').get(audienceId);
    return row as unknown as InForce | undefined;
  }

  #staging(audienceId: string, version: bigint): Staging {
    const found = this.#database.prepare('select * from staging where audience_id = ? and version = ?');
    const before = found.get(audienceId, version) as unknown as Staging | undefined;
    if (before !== undefined) {
      this.#run('update staging set touched_at_ms = ? where layer_id = ?', this.#nowMs(), before.layer_id);
      return before;
    }
    const layer = this.#database.prepare(`insert into layer (audience_id, version, state) values (?, ?, 'staged')`);
    const layerId = BigInt(layer.run(audienceId, version).lastInsertRowid);
    const staging = 'insert into staging (audience_id, version, layer_id, touched_at_ms) values (?, ?, ?, ?)';
    this.#run(staging, audienceId, version, layerId, this.#nowMs());
    return found.get(audienceId, version) as unknown as Staging;
  }

  #forget(audienceId: string, version: bigint): void {
    const places = 'audience_id = ? and version = ?';
    this.#run(`update layer set state = 'garbage' where ${places} and state = 'staged'`, audienceId, version);
    this.#run(`delete from staging where ${places}`, audienceId, version);
  }

  #forgetUpTo(audienceId: string, version: bigint): void {
    const places = 'audience_id = ? and version <= ?';
    this.#run(`update layer set state = 'garbage' where ${places} and state = 'staged'`, audienceId, version);
    this.#run(`delete from staging where ${places}`, audienceId, version);
  }

  #run(sql: string, ...values: readonly (string | bigint | number | Uint8Array)[]): bigint {
    return BigInt(this.#database.prepare(sql).run(...values).changes);
  }
}

function isFull(begin: Uint8Array | null): boolean {
  return begin !== null && PublicationBegin.decode(begin).kind === PublicationKind.FULL;
}

function repeated({ audienceId, version, part }: CheckedEnvelope, { state, receipt }: InForce): Answer {
  if ((part.$case === 'withdrawal') === (state === 'withdrawn')) return answer(DeliveryOutcome.DONE, { receipt });
  const act = state === 'withdrawn' ? 'a withdrawal' : 'a publication';
  const message = `version ${version} of audience \`${audienceId}\` is ${act}; send this part under a version of its own`;
  throw new EngineRefusal('FAILED_PRECONDITION', message);
}

function answer(outcome: strategy.DeliveryOutcome, rest: Partial<Answer> = {}): Answer {
  return { outcome, nextBatch: 0, receipt: '', ...rest };
}
