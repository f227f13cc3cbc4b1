import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { KEY_BYTES } from './aead.ts';
import { type KeyShelf, type ShelfKey, VAULT_OWNER } from './key-shelf.ts';
import { fingerprintOf, type MasterKey, type MasterKeySource, openWithNonce, sealWithNonce } from './master-key.ts';
import {
  createRootFile,
  keepFingerprint,
  type RootFile,
  readFingerprint,
  readRootFile,
  rootPath,
  type WrappedRoot,
  writeRootFile,
} from './root-file.ts';
import { KeyDestroyed, MasterKeyRefused, SealBroken } from './seal-broken.ts';

/** A key that seals files, and its place in its owner's line of keys. */
export type OwnerKey = { readonly owner: string; readonly version: number; readonly key: KeyObject };

/** What a keyring is opened from. */
export type KeyringParts = {
  readonly dataDirectory: string;
  readonly master: MasterKeySource;
  readonly shelf: KeyShelf;
  readonly nowMs?: () => number;
};

/**
 * Opens the keys of a data directory, and makes them on its first start.
 *
 * No new key is made over data that it could not open: whatever is missing or another one than before is refused by name.
 *
 * @throws {MasterKeyRefused} saying what is wrong and what to do
 */
export async function openKeyring(parts: KeyringParts): Promise<Keyring> {
  const { dataDirectory, shelf } = parts;
  const found = await readRootFile(dataDirectory);
  const master = await parts.master(found === undefined);
  if (found === undefined) {
    if ((await shelf.list()).length > 0) {
      throw new MasterKeyRefused(`\`${rootPath(dataDirectory)}\` is missing; restore it from a copy of \`keys/\``);
    }
    await createRootFile(dataDirectory, await freshRootFile(master));
  }
  const file = found ?? (await readRootFile(dataDirectory));
  if (file === undefined) throw new MasterKeyRefused(`\`${rootPath(dataDirectory)}\` is gone again; start once more`);
  const roots = new Map<number, KeyObject>();
  for (const root of file.roots) roots.set(root.version, await unwrapRoot(file, root, master));
  const keyring = new Keyring(parts, master, { file, roots });
  const fingerprint = fingerprintOf(keyring.secret);
  const known = await readFingerprint(dataDirectory);
  if (known === undefined) await keepFingerprint(dataDirectory, fingerprint);
  if ((known ?? fingerprint) === fingerprint) return keyring;
  throw new MasterKeyRefused(`\`${rootPath(dataDirectory)}\` is of another data directory; restore this one's own`);
}

type Roots = { readonly file: RootFile; readonly roots: ReadonlyMap<number, KeyObject> };

/**
 * All keys of a data directory. Keys of datasets are kept wrapped, opened when they are first needed, and kept in memory
 * from then on: some are 32 bytes for each dataset that was touched.
 */
export class Keyring {
  /** What all derived keys come from; no rotation changes it. */
  readonly secret: KeyObject;
  readonly #parts: KeyringParts;
  readonly #owners = new Map<string, Promise<readonly OwnerKey[]>>();
  #master: MasterKey;
  #roots: Roots;

  /** For `openKeyring` alone. */
  constructor(parts: KeyringParts, master: MasterKey, roots: Roots) {
    this.#parts = parts;
    this.#master = master;
    this.#roots = roots;
    this.secret = createSecretKey(unwrapSecret(roots));
  }

  /** The master key in use. */
  get master(): MasterKey {
    return this.#master;
  }

  /** Versions of the root key, the one in use last; more than one while a rotation is unfinished. */
  get rootVersions(): readonly number[] {
    return this.#roots.file.roots.map((root) => root.version).toSorted((a, b) => a - b);
  }

  /** Tells this directory's keys from others; no rotation changes it. */
  get fingerprint(): string {
    return fingerprintOf(this.secret).slice(0, 16);
  }

  /** The key for new files of an owner; makes the first. @throws {KeyDestroyed} */
  async current(owner = VAULT_OWNER): Promise<OwnerKey> {
    const newest = (await this.#keysOf(owner)).at(-1);
    if (newest !== undefined) return newest;
    await this.#parts.shelf.addFirst(this.#newKey(owner, 1));
    this.#owners.delete(owner);
    return await this.current(owner);
  }

  /** The key a file names; undefined when there is none of that version. @throws {KeyDestroyed} */
  async find(owner: string, version: number): Promise<OwnerKey | undefined> {
    return (await this.#keysOf(owner)).find((known) => known.version === version);
  }

  /** Makes the next version for new files; the older ones stay until they are retired. */
  async addVersion(owner: string): Promise<OwnerKey> {
    const { version } = await this.current(owner);
    const kept = await this.#parts.shelf.list(owner);
    const older = kept.map((key) => ({ ...key, state: 'old' as const }));
    await this.#parts.shelf.put([...older, this.#newKey(owner, version + 1)]);
    this.#owners.delete(owner);
    return await this.current(owner);
  }

  /** Destroys a version that no file is under any more. */
  async retire(owner: string, version: number): Promise<void> {
    await this.#parts.shelf.remove(owner, version);
    this.#owners.delete(owner);
  }

  /** Destroys all versions for good: what is under them cannot be opened any more, wherever it lies. */
  async destroy(owner: string): Promise<void> {
    await this.#parts.shelf.destroy(owner);
    this.#owners.delete(owner);
  }

  /** Every key there is, without its bytes. */
  async list(owner?: string): Promise<readonly Omit<ShelfKey, 'wrapped'>[]> {
    return await this.#parts.shelf.list(owner);
  }

  /** Wraps the root key under another master key, in one step, once it has shown that it opens what it wraps. */
  async changeMaster(master: MasterKey): Promise<void> {
    const { file, roots } = this.#roots;
    const wrapped: WrappedRoot[] = [];
    for (const { version } of file.roots) wrapped.push(await wrapRoot(file.directoryId, version, { roots, master }));
    await this.#writeRoots({ file: { ...file, master: master.name, roots: wrapped }, roots });
    this.#master = master;
  }

  /** Begins a new root key. Until `finishRoot` both open what is under them. */
  async beginRoot(): Promise<void> {
    const { file, roots } = this.#roots;
    const version = Math.max(...roots.keys()) + 1;
    const more = new Map(roots).set(version, createSecretKey(randomBytes(KEY_BYTES)));
    const root = await wrapRoot(file.directoryId, version, { roots: more, master: this.#master });
    const secret = wrapSecret(this.secret, { directoryId: file.directoryId, roots: more, version });
    await this.#writeRoots({ file: { ...file, roots: [...file.roots, root], secret }, roots: more });
  }

  /** Brings every kept key under the newest root key, and forgets the older ones. */
  async finishRoot(): Promise<void> {
    const kept = await this.#parts.shelf.list();
    const newest = this.#newestRoot();
    const stale = kept.filter((key) => key.state !== 'destroyed' && key.rootVersion !== newest);
    await this.#parts.shelf.put(stale.map((key) => this.#wrap(key, this.#unwrap(key))));
    const { file, roots } = this.#roots;
    const root = file.roots.filter(({ version }) => version === newest);
    const key = roots.get(newest) as KeyObject;
    await this.#writeRoots({ file: { ...file, roots: root }, roots: new Map([[newest, key]]) });
  }

  #keysOf(owner: string): Promise<readonly OwnerKey[]> {
    const known = this.#owners.get(owner) ?? this.#load(owner);
    this.#owners.set(owner, known);
    // A store that was busy once must not be remembered as broken.
    known.catch(() => this.#owners.delete(owner));
    return known;
  }

  async #load(owner: string): Promise<readonly OwnerKey[]> {
    const kept = await this.#parts.shelf.list(owner);
    if (kept.some((key) => key.state === 'destroyed')) throw new KeyDestroyed(owner);
    const opened = kept.map((key) => ({ owner, version: key.version, key: createSecretKey(this.#unwrap(key)) }));
    return opened.toSorted((a, b) => a.version - b.version);
  }

  #newKey(owner: string, version: number): ShelfKey {
    const createdAtMs = (this.#parts.nowMs ?? Date.now)();
    const blank = { owner, version, rootVersion: 0, wrapped: Buffer.alloc(0), state: 'current' as const, createdAtMs };
    return this.#wrap(blank, randomBytes(KEY_BYTES));
  }

  #wrap(key: ShelfKey, plain: Uint8Array): ShelfKey {
    const rootVersion = this.#newestRoot();
    const root = this.#roots.roots.get(rootVersion) as KeyObject;
    return { ...key, rootVersion, wrapped: sealWithNonce(root, plain, boundOf(key)) };
  }

  #unwrap(key: ShelfKey): Uint8Array {
    const root = this.#roots.roots.get(key.rootVersion);
    const plain = root && openWithNonce(root, key.wrapped, boundOf(key));
    if (plain === undefined) throw new SealBroken(`key ${key.version} of ${key.owner}`, 'header');
    return plain;
  }

  #newestRoot(): number {
    return Math.max(...this.#roots.roots.keys());
  }

  async #writeRoots(roots: Roots): Promise<void> {
    await writeRootFile(this.#parts.dataDirectory, roots.file);
    this.#roots = roots;
  }
}

function boundOf({ owner, version }: Pick<ShelfKey, 'owner' | 'version'>): Uint8Array {
  return Buffer.from(JSON.stringify(['galley-key-1', owner, version]));
}

async function freshRootFile(master: MasterKey): Promise<RootFile> {
  const directoryId = randomBytes(16).toString('hex');
  const roots = new Map([[1, createSecretKey(randomBytes(KEY_BYTES))]]);
  const secret = wrapSecret(createSecretKey(randomBytes(KEY_BYTES)), { directoryId, roots, version: 1 });
  return { directoryId, master: master.name, roots: [await wrapRoot(directoryId, 1, { roots, master })], secret };
}

async function wrapRoot(
  directoryId: string,
  version: number,
  { roots, master }: { roots: ReadonlyMap<number, KeyObject>; master: MasterKey },
): Promise<WrappedRoot> {
  const plain = Buffer.from((roots.get(version) as KeyObject).export());
  const wrapped = await master.wrap(plain, directoryId);
  // A key service may let us wrap and not unwrap: found out now, not at the next start.
  if (!plain.equals(await master.unwrap(wrapped, directoryId))) {
    throw new MasterKeyRefused(`\`${master.name}\` does not give back what it wrapped; choose another master key`);
  }
  return { version, wrapped: Buffer.from(wrapped).toString('base64') };
}

async function unwrapRoot(file: RootFile, root: WrappedRoot, master: MasterKey): Promise<KeyObject> {
  const wrapped = Buffer.from(root.wrapped, 'base64');
  const plain = await master.unwrap(wrapped, file.directoryId).catch((cause: unknown) => {
    if (!(cause instanceof MasterKeyRefused) || file.master === master.name) throw cause;
    throw new MasterKeyRefused(`${cause.message}; it was wrapped with \`${file.master}\``);
  });
  return createSecretKey(plain);
}

function wrapSecret(
  secret: KeyObject,
  { directoryId, roots, version }: { directoryId: string; roots: ReadonlyMap<number, KeyObject>; version: number },
): RootFile['secret'] {
  const sealed = sealWithNonce(roots.get(version) as KeyObject, secret.export(), secretBound(directoryId));
  return { rootVersion: version, wrapped: Buffer.from(sealed).toString('base64') };
}

function unwrapSecret({ file, roots }: Roots): Uint8Array {
  const root = roots.get(file.secret.rootVersion);
  const plain = root && openWithNonce(root, Buffer.from(file.secret.wrapped, 'base64'), secretBound(file.directoryId));
  if (plain === undefined)
    throw new MasterKeyRefused('`keys/root.wrapped` does not fit itself; restore it from a copy');
  return plain;
}

function secretBound(directoryId: string): Uint8Array {
  return Buffer.from(JSON.stringify(['galley-secret-1', directoryId]));
}
