import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Release } from '../../policies/index.ts';
import { placeOfRelease } from '../datasets/index.ts';
import { digestOf, type Kitchen, newId, staged } from '../kitchen/index.ts';
import { anyOf, type Database, writtenOnce } from '../store/index.ts';

/** Largest sealed release that is read back at once. */
const MAX_RELEASE_BYTES = 512 * 1024 * 1024;

/**
 * Most bytes of a release that lies in its row, as nearly all do: the transaction that takes the row is its sync, where a
 * file takes two of its own.
 */
const MAX_ROW_BYTES = 65_536;

/** A release as stored: only what may leave. */
export type StoredRelease = Pick<Release, 'columns' | 'rows' | 'threshold'>;

const findShown = writtenOnce((db, of: { readonly keys: readonly string[] }) =>
  db
    .selectFrom('releases')
    .select('cache_key')
    .where('cache_key', 'in', anyOf(of.keys))
    .where('shown_at_ms', 'is not', null),
);

/**
 * Which of these releases are stored, as their consumer may know: those that it has seen the end of. What a question
 * that runs, failed or was cancelled has stored would tell by its price when it was made.
 */
export async function findReleases(kitchen: Kitchen, keys: readonly string[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await findShown(kitchen.store.db, { keys });
  return new Set(rows.map((r) => r.cache_key));
}

/** Notes that releases have shown to their consumer, for whom they cost nothing from now on. */
export async function showReleases(db: Database, keys: readonly string[], nowMs: number): Promise<void> {
  if (keys.length === 0) return;
  await db
    .updateTable('releases')
    .set({ shown_at_ms: nowMs })
    .where('cache_key', 'in', [...new Set(keys)])
    .where('shown_at_ms', 'is', null)
    .execute();
}

/** What is stored, and under which name. */
interface PlaceOfRelease {
  readonly key: string;
  readonly collaborationId: string;
  /**
   * Whether a transaction that shows it, and whatever was made of it, is still to come. Lost with the power before that,
   * it was seen by nobody; that transaction takes it to the disk.
   */
  readonly isShownLater?: boolean;
  /** What its run took, sealed: asked for once it has run. */
  readonly sealedCost?: () => Uint8Array | null;
  /** What is kept in the transaction that takes it, once all that this takes has been read. */
  readonly alongside?: Promise<(db: Database) => Promise<void>>;
}

/**
 * Stores bytes under a key, unless the key is taken, and answers the bytes that stand under it afterwards.
 *
 * Two equal questions at the same time thus get one release: a second draw of noise over the same counts must never be
 * seen beside the first.
 */
export async function putRelease(
  kitchen: Kitchen,
  facts: PlaceOfRelease,
  bytes: Uint8Array,
): Promise<{ readonly releaseId: string; readonly bytes: Uint8Array }> {
  const releaseId = newId('rel');
  const row = {
    release_id: releaseId,
    cache_key: facts.key,
    collaboration_id: facts.collaborationId,
    ...(await sealRelease(kitchen, releaseId, bytes)),
    byte_count: bytes.length,
    created_at_ms: kitchen.nowMs(),
    ...(facts.sealedCost === undefined ? {} : { cost_sealed: facts.sealedCost() }),
  };
  const keepAlongside = await facts.alongside;
  const inserted = await kitchen.store[facts.isShownLater ? 'noteDown' : 'transaction'](async (db) => {
    await keepAlongside?.(db);
    const insertion = db.insertInto('releases').values(row);
    return await insertion.onConflict((conflict) => conflict.column('cache_key').doNothing()).executeTakeFirst();
  });
  if (inserted.numInsertedOrUpdatedRows !== 0n) return { releaseId, bytes };
  if (row.sealed_path !== '') await rm(join(kitchen.config.dataDirectory, row.sealed_path));
  const first = await readRelease(kitchen, facts.key);
  if (first === undefined) throw new Error('a release vanished');
  return first;
}

/** Seals a release: into its row where it is small, and else into a file, which is on the disk when this returns. */
async function sealRelease(kitchen: Kitchen, releaseId: string, bytes: Uint8Array) {
  if (bytes.length <= MAX_ROW_BYTES) {
    const sealed = kitchen.vault.sealBytes(placeOfRelease(releaseId), bytes);
    return { sealed_path: '', sealed_digest: digestOf(sealed), sealed_bytes: sealed };
  }
  const path = join('releases', `${releaseId}.sealed`);
  const file = await kitchen.vault.createFile({ path: join(kitchen.config.dataDirectory, path), fileId: releaseId });
  try {
    await file.write(bytes);
    return { sealed_path: path, sealed_digest: (await file.finish()).sha256, sealed_bytes: null };
  } finally {
    await file.abandon();
  }
}

/**
 * The release under a key: the stored one, or one made now and stored before anybody sees it.
 *
 * Of two made at the same time the first stored is everybody's: two draws of noise over the same counts, side by side,
 * would say more than was charged.
 */
export async function storeOnce(
  kitchen: Kitchen,
  facts: PlaceOfRelease,
  make: () => Promise<StoredRelease>,
): Promise<StoredRelease> {
  const known = await readStored(kitchen, facts.key);
  return known ?? (await keepMade(kitchen, facts, await make()));
}

async function keepMade(kitchen: Kitchen, facts: PlaceOfRelease, made: StoredRelease): Promise<StoredRelease> {
  return await staged('store', async () =>
    decodeRelease((await putRelease(kitchen, facts, encodeRelease(made))).bytes),
  );
}

/** The release that is stored under a key; undefined when there is none. */
export async function readStored(kitchen: Kitchen, key: string): Promise<StoredRelease | undefined> {
  const known = await readRelease(kitchen, key);
  return known === undefined ? undefined : decodeRelease(known.bytes);
}

/** Removes the files of releases that a crash left without their row: nobody was shown them. Run at start. */
export async function sweepReleases(kitchen: Kitchen): Promise<void> {
  const directory = join(kitchen.config.dataDirectory, 'releases');
  const rows = await kitchen.store.db.selectFrom('releases').select('sealed_path').execute();
  const kept = new Set(rows.map((row) => basename(row.sealed_path)));
  const found = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of found) if (!kept.has(name)) await rm(join(directory, name), { force: true });
}

const findRelease = writtenOnce((db, of: { readonly key: string }) =>
  db.selectFrom('releases').selectAll().where('cache_key', '=', of.key),
);

/** Reads the bytes under a key; undefined when there are none. */
export async function readRelease(
  kitchen: Kitchen,
  key: string,
): Promise<{ readonly releaseId: string; readonly bytes: Uint8Array } | undefined> {
  const [row] = await findRelease(kitchen.store.db, { key });
  if (row === undefined) return undefined;
  if (row.sealed_bytes !== null) {
    return {
      releaseId: row.release_id,
      bytes: kitchen.vault.openBytes(placeOfRelease(row.release_id), row.sealed_bytes),
    };
  }
  if (row.byte_count > MAX_RELEASE_BYTES) throw new Error('a stored release is too large to read');
  const path = join(kitchen.config.dataDirectory, row.sealed_path);
  const file = await kitchen.vault.openFile({ path, fileId: row.release_id });
  try {
    const parts: Uint8Array[] = [];
    for await (const part of file.chunks()) parts.push(Buffer.from(part));
    return { releaseId: row.release_id, bytes: Buffer.concat(parts) };
  } finally {
    await file.close();
  }
}

/** A release as bytes: JSON, with 64-bit numbers kept whole. */
function encodeRelease(release: StoredRelease): Uint8Array {
  const keep = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? { n: value.toString() } : value);
  return Buffer.from(
    JSON.stringify({ columns: release.columns, rows: release.rows, threshold: release.threshold }, keep),
  );
}

/** The release that bytes stand for. */
function decodeRelease(bytes: Uint8Array): StoredRelease {
  const restore = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'n' in value ? BigInt(String(value.n)) : value;
  const stored = JSON.parse(Buffer.from(bytes).toString(), restore) as Omit<StoredRelease, 'threshold'>;
  // Releases that were stored before there was a threshold mode have no such field: they are private.
  return { threshold: null, ...stored };
}
