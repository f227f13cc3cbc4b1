// `keys/root.wrapped`: everything between the master key and the store's keys, in one file, so that each change of it is
// one step. While a new root key takes over, the file holds both: whatever a crash leaves, one of them opens it.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createDurably, makePrivateDirectory, writeDurably } from './durable-file.ts';
import { MasterKeyRefused } from './seal-broken.ts';

/** A root key as wrapped by the master key, base64. */
export type WrappedRoot = { readonly version: number; readonly wrapped: string };

/** What the file says. */
export type RootFile = {
  /** Random, made with the directory; the master key wraps for this directory alone. */
  readonly directoryId: string;
  /** The master key that wrapped it, as its operator named it. */
  readonly master: string;
  /** The newest is the one in use; an older one is there while a rotation is under way. */
  readonly roots: readonly WrappedRoot[];
  /** The derivation secret under a root key, base64. */
  readonly secret: { readonly rootVersion: number; readonly wrapped: string };
};

const FORMAT = 'galley-keys-1';

/** Where the wrapped root key lies. */
export function rootPath(dataDirectory: string): string {
  return join(dataDirectory, 'keys', 'root.wrapped');
}

/** Says whether keys were made in a data directory, lost ones included. */
export async function hasKeys(dataDirectory: string): Promise<boolean> {
  return (await isThere(rootPath(dataDirectory))) || (await isThere(fingerprintPath(dataDirectory)));
}

/**
 * Reads the file; undefined on a fresh directory.
 *
 * @throws {MasterKeyRefused} when it is damaged, or gone from a directory that had one
 */
export async function readRootFile(dataDirectory: string): Promise<RootFile | undefined> {
  // The fingerprint is written last and read first: with it, a missing file is a loss and never a fresh start.
  const known = await readFingerprint(dataDirectory);
  const text = await readFile(rootPath(dataDirectory), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new MasterKeyRefused(`\`${rootPath(dataDirectory)}\` cannot be read (${error.code}); check its rights`);
  });
  if (text !== undefined) return parse(text, rootPath(dataDirectory));
  const earlier = join(dataDirectory, 'keys', 'master.fingerprint');
  if (await isThere(earlier)) {
    throw new MasterKeyRefused(`\`${dataDirectory}\` was made by a version before keys were wrapped; begin a new one`);
  }
  if (known === undefined) return undefined;
  throw new MasterKeyRefused(`\`${rootPath(dataDirectory)}\` is missing; restore it from a copy of \`keys/\``);
}

/** Writes the first file of a directory, unless another process was faster; it must then be read. */
export async function createRootFile(dataDirectory: string, file: RootFile): Promise<void> {
  await createDurably(rootPath(dataDirectory), encode(file));
}

/** Replaces the file in one step. */
export async function writeRootFile(dataDirectory: string, file: RootFile): Promise<void> {
  await writeDurably(rootPath(dataDirectory), encode(file));
}

/** Reads what tells this directory's keys from others; undefined on a fresh one. */
export async function readFingerprint(dataDirectory: string): Promise<string | undefined> {
  await makePrivateDirectory(join(dataDirectory, 'keys'));
  return await readFile(fingerprintPath(dataDirectory), 'utf8').catch(() => undefined);
}

/** Keeps it for good: it follows from the derivation secret, which no rotation changes. */
export async function keepFingerprint(dataDirectory: string, fingerprint: string): Promise<void> {
  await createDurably(fingerprintPath(dataDirectory), Buffer.from(fingerprint));
}

function fingerprintPath(dataDirectory: string): string {
  return join(dataDirectory, 'keys', 'fingerprint');
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

// The sum is no protection against anybody: it tells a damaged file from a wrong master key.
function encode({ directoryId, master, roots, secret }: RootFile): Uint8Array {
  const body = { format: FORMAT, directoryId, master, roots, secret };
  return Buffer.from(`${JSON.stringify({ ...body, sum: sumOf(body) }, null, 2)}\n`);
}

function sumOf(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}

function parse(text: string, path: string): RootFile {
  try {
    const { format, directoryId, master, roots, secret } = JSON.parse(text) as RootFile & { format: string };
    const file = { directoryId, master, roots, secret };
    // Written again it must be the same text, so that no bit of it can change unseen.
    if (format === FORMAT && Buffer.from(encode(file)).toString() === text) return file;
  } catch {
    // Not JSON: said below, without the text.
  }
  throw new MasterKeyRefused(`\`${path}\` is damaged; restore it from a copy of \`keys/\``);
}
