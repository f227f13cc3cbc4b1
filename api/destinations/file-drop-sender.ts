// A file drop is a folder that somebody else's program collects from. Each publication and each withdrawal is one file,
// encrypted for one recipient (age), and a manifest beside it that is renamed into place last: what has no manifest is not
// there. A file that was cut off is begun anew: age gives each file a key that is kept nowhere, so nobody could go on with
// one, and the batches lie ready in the outbox.
import { createHash, createHmac, type Hash, hkdfSync, randomBytes } from 'node:crypto';
import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Encrypter } from 'age-encryption';
import { strategy } from '../../proto/index.ts';
import { DestinationFailed } from './destination-failed.ts';
import type { DestinationRow } from './destination-record.ts';
import type { DestinationSender } from './destination-sender.ts';
import { isDelta, oneWayAnswer } from './part-name.ts';

/** What a file drop is reached with. */
export interface DropMeans {
  readonly dropDirectory: string | null;
  readonly tokenKey: Uint8Array;
}

type Drop = Pick<DestinationRow, 'address' | 'recipient' | 'collaboration_id' | 'destination_id'>;

/** Bytes of the key of manifests. */
const MANIFEST_KEY_BYTES = 32;

/** Opens the folder of a file drop, which its operator has made. @throws {DestinationFailed} */
export async function openFileDropSender(
  drop: Drop,
  { dropDirectory, tokenKey }: DropMeans,
): Promise<DestinationSender> {
  if (dropDirectory === null) throw new DestinationFailed('destination-unreachable', 'NO_DROP_DIRECTORY');
  const folder = join(dropDirectory, drop.address);
  // A link would lead out of the place that the operator has set aside.
  const isFolder = await lstat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new DestinationFailed('destination-unreachable', 'NO_FOLDER');
  const key = Buffer.from(hkdfSync('sha256', tokenKey, '', 'galley.file-drop.manifest', MANIFEST_KEY_BYTES));
  return new FileDropSender({ folder, drop, key });
}

interface Place {
  readonly folder: string;
  readonly drop: Drop;
  readonly key: Buffer;
}

class FileDropSender implements DestinationSender {
  readonly #place: Place;
  #writing: DropFile | null = null;

  constructor(place: Place) {
    this.#place = place;
  }

  async send(envelope: strategy.Envelope): Promise<strategy.DeliverResponse> {
    try {
      return await this.#take(envelope);
    } catch (cause) {
      await this.close();
      const code = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? 'UNKNOWN') : 'UNKNOWN';
      throw cause instanceof DestinationFailed ? cause : new DestinationFailed('destination-failed', code);
    }
  }

  async close(): Promise<void> {
    await this.#writing?.discard();
    this.#writing = null;
  }

  async #take(envelope: strategy.Envelope): Promise<strategy.DeliverResponse> {
    const { KEPT, START_AGAIN } = strategy.DeliveryOutcome;
    const { part } = envelope;
    if (isDelta(envelope)) return oneWayAnswer(envelope);
    if (part?.$case === 'begin' || part?.$case === 'withdrawal') {
      await this.close();
      this.#writing = await DropFile.begin(this.#place, envelope);
      await this.#writing.write(envelope);
      if (part.$case === 'begin') return { outcome: KEPT, nextBatch: 0, receipt: '' };
    }
    const writing = this.#writing;
    if (writing?.isOf(envelope) !== true) return { outcome: START_AGAIN, nextBatch: 0, receipt: '' };
    if (part?.$case === 'batch') {
      if (part.value.index === writing.nextBatch) await writing.addBatch(envelope, part.value);
      return { outcome: KEPT, nextBatch: writing.nextBatch, receipt: '' };
    }
    if (part?.$case === 'commit') {
      if (!writing.isWhole(part.value)) {
        await this.close();
        return { outcome: START_AGAIN, nextBatch: 0, receipt: '' };
      }
      await writing.write(envelope);
    }
    await writing.finish();
    this.#writing = null;
    return oneWayAnswer(envelope);
  }
}

/** A file that is being written: its lines go through the cipher to the disk as they come. */
class DropFile {
  readonly #place: Place;
  readonly #audienceId: string;
  readonly #version: bigint;
  readonly #temporary: string;
  readonly #plain: WritableStreamDefaultWriter<Uint8Array>;
  readonly #written: Promise<{ readonly bytes: number; readonly sha256: string }>;
  readonly #batches: Hash = createHash('sha256');
  nextBatch = 0;

  private constructor(
    place: Place,
    { audienceId, version }: strategy.Envelope,
    temporary: string,
    stream: TransformStream,
  ) {
    this.#place = place;
    this.#audienceId = audienceId;
    this.#version = version;
    this.#temporary = temporary;
    this.#plain = stream.writable.getWriter();
    this.#written = writeEncrypted(stream.readable, place.drop.recipient, temporary);
    // A full disk shows at the next write, which waits for it.
    this.#written.catch((cause: unknown) => this.#plain.abort(cause).catch(() => {}));
  }

  static async begin(place: Place, envelope: strategy.Envelope): Promise<DropFile> {
    await removeNames(place, (name) => name.startsWith(`.${nameOf(place, envelope.audienceId)}.`));
    const temporary = join(place.folder, `.${nameOf(place, envelope.audienceId)}.${randomBytes(8).toString('hex')}`);
    return new DropFile(place, envelope, temporary, new TransformStream());
  }

  isOf({ audienceId, version }: strategy.Envelope): boolean {
    return audienceId === this.#audienceId && version === this.#version;
  }

  async write(envelope: strategy.Envelope): Promise<void> {
    const line = `${JSON.stringify(strategy.Envelope.toJSON(envelope))}\n`;
    await Promise.race([this.#plain.write(Buffer.from(line)), this.#written]);
  }

  async addBatch(envelope: strategy.Envelope, { index, added, removed }: strategy.PublicationBatch): Promise<void> {
    const place = Buffer.alloc(4);
    place.writeUInt32BE(index);
    this.#batches.update(place).update(added).update(removed);
    await this.write(envelope);
    this.nextBatch += 1;
  }

  isWhole({ batchCount, digest }: strategy.PublicationCommit): boolean {
    return batchCount === this.nextBatch && this.#batches.digest().equals(digest);
  }

  /** Puts the file in its place and the manifest beside it; earlier files of the audience count no more. */
  async finish(): Promise<void> {
    await this.#plain.close();
    const { bytes, sha256 } = await this.#written;
    const { folder, key, drop } = this.#place;
    const name = `${nameOf(this.#place, this.#audienceId)}.${this.#version}`;
    const manifest = {
      version: 1,
      collaboration: drop.collaboration_id,
      destination: drop.destination_id,
      audience: this.#audienceId,
      audienceVersion: String(this.#version),
      file: `${name}.age`,
      bytes,
      sha256,
    };
    const mac = createHmac('sha256', key).update(JSON.stringify(manifest)).digest('hex');
    await rename(this.#temporary, join(folder, manifest.file));
    const temporary = `${this.#temporary}m`;
    await writeWhole(temporary, JSON.stringify({ ...manifest, mac }));
    await rename(temporary, join(folder, `${name}.json`));
    await syncFolder(folder);
    await this.#removeEarlier();
  }

  async discard(): Promise<void> {
    await this.#plain.abort().catch(() => {});
    await this.#written.catch(() => {});
    await rm(this.#temporary, { force: true });
  }

  async #removeEarlier(): Promise<void> {
    const prefix = `${nameOf(this.#place, this.#audienceId)}.`;
    await removeNames(this.#place, (name) => {
      const digits = name.startsWith(prefix) ? /^(\d+)\.(age|json)$/.exec(name.slice(prefix.length))?.[1] : undefined;
      return digits !== undefined && BigInt(digits) < this.#version;
    });
  }
}

/** Two destinations may share a folder; each knows its files by their names. */
function nameOf({ drop }: Place, audienceId: string): string {
  return `${drop.destination_id}.${audienceId}`;
}

async function removeNames({ folder }: Place, isGone: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder)) if (isGone(name)) await rm(join(folder, name), { force: true });
}

async function writeEncrypted(
  plain: ReadableStream<Uint8Array>,
  recipient: string,
  path: string,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const sealed = await encrypter.encrypt(plain);
  const file = await open(path, 'wx', 0o640);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const part of sealed as AsyncIterable<Uint8Array>) {
      hash.update(part);
      bytes += part.length;
      await file.writeFile(part);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o640);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
