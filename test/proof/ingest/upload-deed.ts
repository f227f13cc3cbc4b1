import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { datasets, uploads } from '../../../proto/index.ts';
import type { Actor } from '../../support/service-rules.ts';
import type { Deed } from './deed.ts';
import type { IngestStage } from './ingest-stage.ts';
import { type Form, formatOf } from './people-files.ts';

/** Bytes of one message. */
const CHUNK_BYTES = 65_536;
/** A pause between messages, so that a kill can fall between them. */
const PAUSE_MS = 2;
/** What a crash of the service may cost a sender: bytes that had arrived and were not yet a whole segment. */
const SEGMENT_BYTES = 8 * 1_048_576;
/** What of a stream is on its way at most: the windows of HTTP/2, and what Node keeps. */
const ON_ITS_WAY_BYTES = 1_048_576;

/** A file on its way into a dataset. */
export interface UploadFields {
  readonly actor: Actor;
  readonly datasetId: string;
  readonly form: Form;
  readonly file: Buffer;
  readonly rowCount: number;
  readonly mode: 'replace' | 'append';
  readonly usualMs: number;
}

/** An upload from its begin to its snapshot; each attempt goes on where the service says that it ends. */
export class UploadDeed implements Deed {
  readonly name: string;
  readonly usualMs: number;
  readonly #fields: UploadFields;
  readonly #requestId = randomUUID();
  readonly #sha256: Buffer;
  readonly #faults: string[] = [];
  #sentBytes = 0;
  #sentTo = 0;
  #interruptions = -1;
  #committed = 0;
  #snapshot: datasets.Snapshot | undefined;
  #rowsBefore = 0n;

  constructor(fields: UploadFields) {
    this.#fields = fields;
    this.#sha256 = createHash('sha256').update(fields.file).digest();
    this.usualMs = fields.usualMs;
    this.name = `${fields.mode} by ${fields.form} of ${fields.file.length} bytes`;
  }

  /** The snapshot that was made, once it is. */
  get snapshot(): datasets.Snapshot | undefined {
    return this.#snapshot;
  }

  async attempt({ stage }: IngestStage): Promise<void> {
    const { actor, datasetId, file, mode, form } = this.#fields;
    this.#interruptions += 1;
    const client = stage.as(actor).uploads;
    if (this.#interruptions === 0) await this.#noteBefore(stage);
    const declaredBytes = BigInt(file.length);
    const begun = await client.begin({
      ...{ requestId: this.#requestId, fileName: 'people', datasetId },
      ...{ declaredBytes, sha256: this.#sha256 },
    });
    const { uploadId } = begun;
    this.#noteCommitted(begun);
    if (begun.state === uploads.UploadState.RECEIVING) {
      this.#noteCommitted(
        await client.send(uploadId, Number(begun.committedBytes), this.#chunksFrom(begun.committedBytes)),
      );
      await client.complete({ uploadId, byteCount: declaredBytes, sha256: this.#sha256 });
    }
    const layout = datasets.FileLayout.create({ format: formatOf(form) });
    const wireMode = mode === 'append' ? datasets.SnapshotMode.APPEND : datasets.SnapshotMode.REPLACE;
    const terms = { mode: wireMode, layout, tolerance: undefined };
    const { snapshot } = await client.publish({ uploadId, datasetId, ...terms });
    if (snapshot === undefined) throw new Error('the answer has no snapshot');
    if (this.#snapshot !== undefined && this.#snapshot.snapshotId !== snapshot.snapshotId) {
      this.#faults.push('was published twice');
    }
    this.#snapshot = snapshot;
  }

  async check({ stage }: IngestStage): Promise<readonly string[]> {
    const { actor, datasetId, file, rowCount, mode } = this.#fields;
    const faults = [...this.#faults];
    const resentBytes = this.#sentBytes - file.length;
    if (resentBytes > this.#interruptions * (SEGMENT_BYTES + ON_ITS_WAY_BYTES)) {
      faults.push(`${resentBytes} bytes were sent again after ${this.#interruptions} interruptions`);
    }
    const { snapshots } = await stage.as(actor).datasets.get(datasetId);
    const newest = snapshots.at(-1);
    if (newest === undefined || newest.snapshotId !== this.#snapshot?.snapshotId) {
      return [...faults, 'is not the newest snapshot of its dataset'];
    }
    const expected = BigInt(rowCount) + (mode === 'append' ? this.#rowsBefore : 0n);
    if (newest.rowCount !== expected) faults.push(`has ${newest.rowCount} rows and not ${expected}`);
    if (newest.uploadDigest !== this.#sha256.toString('hex')) faults.push('is of other bytes than were sent');
    return faults;
  }

  async #noteBefore(stage: IngestStage['stage']): Promise<void> {
    const { actor, datasetId } = this.#fields;
    const { snapshots } = await stage.as(actor).datasets.get(datasetId);
    this.#rowsBefore = snapshots.at(-1)?.rowCount ?? 0n;
  }

  // What the service has once said to be here for good must be here after every crash.
  #noteCommitted({ committedBytes }: uploads.Upload): void {
    const bytes = Number(committedBytes);
    if (bytes < this.#committed) this.#faults.push(`lost bytes: ${this.#committed} were here, and now ${bytes}`);
    if (bytes > this.#sentTo) this.#faults.push(`has ${bytes} bytes of ${this.#sentTo} that were sent`);
    this.#committed = bytes;
  }

  async *#chunksFrom(offset: bigint): AsyncGenerator<Uint8Array, void> {
    const { file } = this.#fields;
    for (let from = Number(offset); from < file.length; from += CHUNK_BYTES) {
      const chunk = file.subarray(from, from + CHUNK_BYTES);
      this.#sentBytes += chunk.length;
      this.#sentTo = Math.max(this.#sentTo, from + chunk.length);
      yield chunk;
      await sleep(PAUSE_MS);
    }
  }
}
