import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isServiceError, type Refusal, readRefusal } from '../../../cli/refusal.ts';
import { datasets, uploads } from '../../../proto/index.ts';
import type { Actor } from '../../support/service-rules.ts';
import type { Deed } from './deed.ts';
import type { IngestStage } from './ingest-stage.ts';
import { readStoredData, segmentsOf } from './stored-data.ts';

const CHUNK_BYTES = 65_536;
const PAUSE_MS = 2;

/** What a deed of one file is told. */
export interface FileFields {
  readonly actor: Actor;
  readonly datasetId: string;
  readonly file: Buffer;
}

/** Sends half of a file and throws it away: nothing of it may be left. */
export class AbandonDeed implements Deed {
  readonly name = 'half an upload, abandoned';
  readonly usualMs = 600;
  readonly #fields: FileFields;
  readonly #requestId = randomUUID();
  #uploadId: string | undefined;
  #isAbandoning = false;

  constructor(fields: FileFields) {
    this.#fields = fields;
  }

  async attempt({ stage }: IngestStage): Promise<void> {
    const { actor, datasetId, file } = this.#fields;
    const client = stage.as(actor).uploads;
    if (this.#isAbandoning) {
      const open = (await client.list()).find(({ requestId }) => requestId === this.#requestId);
      if (open !== undefined) await client.abandon(open.uploadId);
      return;
    }
    const upload = await client.begin({ requestId: this.#requestId, fileName: 'half', datasetId });
    this.#uploadId = upload.uploadId;
    const half = file.subarray(Number(upload.committedBytes), file.length / 2);
    await client.send(upload.uploadId, Number(upload.committedBytes), slowly(half));
    this.#isAbandoning = true;
    await client.abandon(upload.uploadId);
  }

  async check({ stage }: IngestStage): Promise<readonly string[]> {
    if (this.#uploadId === undefined) return ['was never begun'];
    const data = await readStoredData(stage.dataDirectory);
    const left = segmentsOf(data, this.#uploadId).length;
    const isKnown = data.rows('uploads').some(({ upload_id: id }) => id === this.#uploadId);
    return left > 0 || isKnown ? [`left ${left} segments and ${isKnown ? 'its' : 'no'} name behind`] : [];
  }
}

/** Publishes a file with bad rows, which is refused: the dataset stays as it was. */
export class RefusedDeed implements Deed {
  readonly name = 'a file that is refused';
  readonly usualMs = 900;
  readonly #fields: FileFields;
  readonly #requestId = randomUUID();
  #before: readonly string[] | undefined;
  #refusal: Refusal | undefined;

  constructor(fields: FileFields) {
    this.#fields = fields;
  }

  async attempt({ stage }: IngestStage): Promise<void> {
    const { actor, datasetId, file } = this.#fields;
    this.#before ??= await snapshotIds(stage, this.#fields);
    const client = stage.as(actor).uploads;
    const spoiled = Buffer.concat([file, Buffer.from('nobody,nothing,no,where,much,x\n')]);
    const upload = await client.begin({ requestId: this.#requestId, fileName: 'bad', datasetId });
    const { uploadId, committedBytes } = upload;
    if (upload.state === uploads.UploadState.RECEIVING) {
      await client.send(uploadId, Number(committedBytes), slowly(spoiled.subarray(Number(committedBytes))));
      const sha256 = createHash('sha256').update(spoiled).digest();
      await client.complete({ uploadId, byteCount: BigInt(spoiled.length), sha256 });
    }
    const layout = datasets.FileLayout.create({ format: datasets.FileFormat.CSV });
    const mode = datasets.SnapshotMode.REPLACE;
    const terms = { mode, layout, tolerance: undefined };
    this.#refusal = await refusalOf(client.publish({ uploadId, datasetId, ...terms }));
    await client.abandon(uploadId);
  }

  async check({ stage }: IngestStage): Promise<readonly string[]> {
    const after = await snapshotIds(stage, this.#fields);
    const isSame = after.join() === this.#before?.join();
    const isRefused = this.#refusal?.reason === 'UPLOAD_REFUSED';
    return [...(isSame ? [] : ['changed its dataset']), ...(isRefused ? [] : ['was not refused'])];
  }
}

/** Takes the newest snapshot out, which must be the bytes that came in. */
export class TakeOutDeed implements Deed {
  readonly name = 'a take-out';
  readonly usualMs = 300;
  readonly #fields: Omit<FileFields, 'file'>;
  #faults: readonly string[] = ['was not taken out'];

  constructor(fields: Omit<FileFields, 'file'>) {
    this.#fields = fields;
  }

  async attempt({ stage }: IngestStage): Promise<void> {
    const { actor, datasetId } = this.#fields;
    const newest = (await stage.as(actor).datasets.get(datasetId)).snapshots.at(-1);
    if (newest === undefined) throw new Error('there is nothing to take out');
    const parts = await Array.fromAsync(stage.as(actor).datasets.takeOut(datasetId, newest.snapshotId));
    const sha256 = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
    // Of several uploads the digest is that of the last.
    const isSame = newest.partCount > 1 || newest.revision > 0 || sha256 === newest.uploadDigest;
    this.#faults = isSame ? [] : ['gave other bytes than came in'];
  }

  async check(): Promise<readonly string[]> {
    return this.#faults;
  }
}

async function snapshotIds(
  stage: IngestStage['stage'],
  { actor, datasetId }: Pick<FileFields, 'actor' | 'datasetId'>,
): Promise<readonly string[]> {
  return (await stage.as(actor).datasets.get(datasetId)).snapshots.map(({ snapshotId }) => snapshotId);
}

// A refusal is an outcome; that the service is gone is none.
async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const ended = await call.then(
    () => new Error('the call was not refused'),
    (cause: unknown) => cause,
  );
  if (isServiceError(ended) && readRefusal(ended).reason === 'UPLOAD_REFUSED') return readRefusal(ended);
  throw ended;
}

async function* slowly(bytes: Buffer): AsyncGenerator<Uint8Array, void> {
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    yield bytes.subarray(from, from + CHUNK_BYTES);
    await sleep(PAUSE_MS);
  }
}
