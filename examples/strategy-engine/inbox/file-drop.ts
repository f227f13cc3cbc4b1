// Collects files from a folder: each is a publication or a withdrawal, encrypted for us (https://age-encryption.org), and
// counts only with its manifest, whose code of the shared key says that the clean room has put it there.
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Decrypter } from 'age-encryption';
import { strategy } from '../../../proto/index.ts';
import type { Take } from '../store-writer.ts';

/** What is collected, and what opens it. */
export interface DropInbox {
  readonly folder: string;
  /** Our age identity, `AGE-SECRET-KEY-1…`. */
  readonly identity: string;
  /** The key that was shown when the destination was proposed. */
  readonly tokenKey: Uint8Array;
}

interface Manifest {
  readonly audience: string;
  readonly audienceVersion: string;
  readonly file: string;
  readonly sha256: string;
  readonly mac?: string;
}

/** Takes everything that lies in the folder, in the order of its versions, and removes what was taken; answers how many. */
export async function collectFiles({ folder, identity, tokenKey }: DropInbox, take: Take): Promise<number> {
  const key = Buffer.from(hkdfSync('sha256', tokenKey, '', 'galley.file-drop.manifest', 32));
  const found = (await readdir(folder)).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  const read = await Promise.all(found.map((name) => readManifest(join(folder, name), key)));
  const manifests = read.filter((manifest) => manifest !== null);
  manifests.sort((a, b) => (BigInt(a.audienceVersion) < BigInt(b.audienceVersion) ? -1 : 1));
  let count = 0;
  for (const { file, sha256 } of manifests) {
    const path = join(folder, basename(file));
    if ((await digestOf(path)) !== sha256) continue;
    // What the engine wants again stays; the clean room replaces it by its next version.
    if (!(await takeFile(path, identity, take))) continue;
    await rm(path);
    await rm(path.replace(/\.age$/, '.json'));
    count += 1;
  }
  return count;
}

/** A manifest that the clean room has written; null for any other file. */
async function readManifest(path: string, key: Buffer): Promise<Manifest | null> {
  try {
    const { mac = '', ...manifest } = JSON.parse(await readFile(path, 'utf8')) as Manifest;
    const expected = createHmac('sha256', key).update(JSON.stringify(manifest)).digest();
    const given = Buffer.from(mac, 'hex');
    return given.length === expected.length && timingSafeEqual(given, expected) ? manifest : null;
  } catch {
    return null;
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Takes a file line by line, and tells whether the engine has all of it. */
async function takeFile(path: string, identity: string, take: Take): Promise<boolean> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const plain = await decrypter.decrypt(Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>);
  const lines = createInterface({ input: Readable.fromWeb(plain as never), crlfDelay: Number.POSITIVE_INFINITY });
  let { outcome } = strategy.DeliverResponse.create();
  for await (const line of lines) ({ outcome } = await take(strategy.Envelope.fromJSON(JSON.parse(line))));
  return outcome === strategy.DeliveryOutcome.DONE || outcome === strategy.DeliveryOutcome.SUPERSEDED;
}
