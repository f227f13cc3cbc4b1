// The log is for ever, and it must not be what keeps a name or a number that somebody wrote into a question. So a leaf
// has a salted digest alone, and what it is a digest of lies here under a key of its own: an erasure destroys the key and
// leaves every leaf, root and checkpoint as they are.
import { createHash, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { Insertable } from 'kysely';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database, Tables } from '../store/index.ts';

/** Bytes that stand before a detail in its digest, or a guess at the words of a question could be confirmed by the log. */
export const SALT_BYTES = 32;

/**
 * What is kept of a subject: the SQL of a question, of an audience, and what that SQL was made from; what a decision was made from; the salt of a
 * release's digest.
 */
export type DetailKind = 'question' | 'definition' | 'source' | 'decision' | 'release';

/** What a subject touched, whose erasure takes its details along. */
export interface Touched {
  readonly datasets: readonly string[];
  /** Who asked, and for whom. */
  readonly members: readonly string[];
}

/** Which detail, of what. */
export interface DetailPlace {
  readonly kind: DetailKind;
  /** The question, audience or match. */
  readonly subjectId: string;
  readonly collaborationId: string;
  readonly touched: Touched;
}

/** The digest by which a leaf binds bytes: SHA-256 of a salt and the bytes, hex. */
export function bindToSalt(salt: Uint8Array, content: Uint8Array): string {
  return createHash('sha256').update(salt).update(content).digest('hex');
}

/** The names under which an erasure looks for what it touches. */
export function touchedBy({ datasets, members }: Touched): readonly string[] {
  return [...new Set([...datasets.map((id) => `dataset/${id}`), ...members.map((name) => `member/${name}`)])];
}

/** A detail that is sealed and not kept yet. */
export interface SealedDetail {
  readonly row: Insertable<Tables['entry_details']>;
  /** The names under which an erasure looks for it. */
  readonly touched: readonly string[];
}

/** Keeps a detail under a key of its own, and gives the salted digest by which the log binds it. */
export async function keepDetail(
  kitchen: Kitchen,
  db: Database,
  place: DetailPlace,
  content: Uint8Array,
): Promise<string> {
  const { digest, detail } = sealDetail(kitchen, place, content);
  await keepSealed(db, [detail]);
  return digest;
}

/** Seals a detail under a key of its own, and gives the salted digest by which the log binds it. */
export function sealDetail(
  kitchen: Kitchen,
  place: DetailPlace,
  content: Uint8Array,
): { readonly digest: string; readonly detail: SealedDetail } {
  const salt = randomBytes(SALT_BYTES);
  const detail = sealApart(kitchen, place, Buffer.concat([salt, packed(content)]));
  return { digest: bindToSalt(salt, content), detail };
}

/** Seals a salt for bytes that are not here yet: what leaves is bound by its digest later, and lies elsewhere. */
export function sealSalt(kitchen: Kitchen, place: DetailPlace): SealedDetail {
  return sealApart(kitchen, place, randomBytes(SALT_BYTES));
}

/** Keeps sealed details, all of one subject or of several. */
export async function keepSealed(db: Database, details: readonly SealedDetail[]): Promise<void> {
  await db
    .insertInto('entry_details')
    .values(details.map(({ row }) => row))
    .execute();
  const touched = details.flatMap((detail) =>
    detail.touched.map((name) => ({ touched: name, subject_id: detail.row.subject_id })),
  );
  if (touched.length === 0) return;
  const distinct = new Map(touched.map((touch) => [JSON.stringify(touch), touch]));
  await db
    .insertInto('detail_touches')
    .values([...distinct.values()])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Texts up to this, most of all questions, get by with the smallest window: zlib makes and clears what it asks for. */
const SMALL_BYTES = 512;
const SMALL_WINDOW = { windowBits: 9, memLevel: 1 } as const;

function packed(content: Uint8Array): Buffer {
  return deflateRawSync(content, content.length <= SMALL_BYTES ? SMALL_WINDOW : {});
}

function sealApart(kitchen: Kitchen, place: DetailPlace, plain: Uint8Array): SealedDetail {
  const { wrappedKey, sealed } = kitchen.vault.sealApart(blobPlace(place), plain);
  const row = {
    subject_id: place.subjectId,
    kind: place.kind,
    collaboration_id: place.collaborationId,
    wrapped_key: wrappedKey,
    sealed,
    from_index: kitchen.log.treeSize,
    kept_at_ms: kitchen.nowMs(),
    erased_by: null,
  };
  return { row, touched: touchedBy(place.touched) };
}

/** Where a detail is sealed to: it opens as no other. */
export function blobPlace({ kind, subjectId }: Pick<DetailPlace, 'kind' | 'subjectId'>) {
  return { label: 'entry-details', id: `${kind}/${subjectId}` };
}
