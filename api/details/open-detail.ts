import { inflateRawSync } from 'node:zlib';
import { ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { writtenOnce } from '../store/index.ts';
import { blobPlace, type DetailPlace, SALT_BYTES } from './keep-detail.ts';

/** A detail that is there. */
export interface KeptDetail {
  readonly state: 'kept';
  readonly collaborationId: string;
  /** The entry of the log that has its digest stands here or later. */
  readonly fromIndex: number;
  readonly salt: Uint8Array;
  /** Empty where the salt alone is kept. */
  readonly content: Uint8Array;
}

/** A detail whose key an erasure has destroyed. */
export interface ErasedDetail {
  readonly state: 'erased';
  readonly collaborationId: string;
  readonly erasureId: string;
  /** The entry of the erasure; null while it is under way. */
  readonly leafIndex: number | null;
}

/** A detail as it is now. */
export type Detail = KeptDetail | ErasedDetail;

const findDetail = writtenOnce((db, of: Pick<DetailPlace, 'kind' | 'subjectId'>) =>
  db
    .selectFrom('entry_details')
    .leftJoin('erasures', 'erasures.erasure_id', 'entry_details.erased_by')
    .selectAll('entry_details')
    .select('erasures.leaf_index')
    .where('subject_id', '=', of.subjectId)
    .where('entry_details.kind', '=', of.kind),
);

/** Looks for a detail; undefined when there never was one. @throws {SealBroken} when it was altered on the disk */
export async function openDetail(
  kitchen: Kitchen,
  of: Pick<DetailPlace, 'kind' | 'subjectId'>,
): Promise<Detail | undefined> {
  const [row] = await findDetail(kitchen.store.db, of);
  if (row === undefined) return undefined;
  const collaborationId = row.collaboration_id ?? '';
  if (row.erased_by !== null) {
    return { state: 'erased', collaborationId, erasureId: row.erased_by, leafIndex: row.leaf_index };
  }
  const plain = kitchen.vault.openApart(blobPlace(of), { wrappedKey: row.wrapped_key, sealed: row.sealed });
  const content = plain.subarray(SALT_BYTES);
  return {
    state: 'kept',
    collaborationId,
    fromIndex: row.from_index,
    salt: plain.subarray(0, SALT_BYTES),
    content: content.length === 0 ? content : inflateRawSync(content),
  };
}

/** Opens a detail that is needed. @throws {ServiceError} RECORD_ERASED @throws {Error} when there never was one */
export async function openKept(kitchen: Kitchen, of: Pick<DetailPlace, 'kind' | 'subjectId'>): Promise<KeptDetail> {
  const detail = await openDetail(kitchen, of);
  if (detail === undefined) throw new Error(`there is no detail \`${of.kind}\` of \`${of.subjectId}\``);
  if (detail.state === 'erased') throw recordErased(detail);
  return detail;
}

/** A text for those whose own it is; empty once an erasure has taken it along. */
export async function shownText(kitchen: Kitchen, of: Pick<DetailPlace, 'kind' | 'subjectId'>): Promise<string> {
  const detail = await openDetail(kitchen, of);
  return detail?.state === 'kept' ? Buffer.from(detail.content).toString() : '';
}

/** Says that an erasure has removed what was asked for, and which entry of the log tells of that erasure. */
export function recordErased({ erasureId, leafIndex }: ErasedDetail): ServiceError {
  const where = leafIndex === null ? 'an erasure that is under way' : `the erasure of entry ${leafIndex} of the log`;
  const metadata = { erasure: erasureId, ...(leafIndex === null ? {} : { leafIndex: String(leafIndex) }) };
  return new ServiceError('RECORD_ERASED', `${where} has destroyed what was recorded`, { metadata });
}
