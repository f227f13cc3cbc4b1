// Room is asked for before bytes are taken: a sender that is turned away at the door has lost nothing, and a disk that
// uploads have filled would stop the log, and with it every question.
import { statfs } from 'node:fs/promises';
import { ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** When a full disk is worth asking again: publications and expiries free it, or an operator does. */
const FULL_DISK_RETRY_MS = 60_000;

/** Expects that the disk keeps its reserve after so many more bytes. @throws {ServiceError} BUSY */
export async function expectDiskRoom(kitchen: Kitchen, byteCount: number): Promise<void> {
  const { bavail, bsize } = await statfs(kitchen.config.dataDirectory);
  if (bavail * bsize - byteCount >= kitchen.config.limits.diskReserveBytes) return;
  kitchen.operatorLog.error({ freeBytes: bavail * bsize, byteCount }, 'the disk is nearly full; uploads are held back');
  throw new ServiceError('BUSY', 'the service has no room for more bytes; what has arrived stays, go on later', {
    retryAfterMs: FULL_DISK_RETRY_MS,
  });
}

/** Expects that a member may stage so many more bytes. @throws {ServiceError} STAGING_FULL */
export async function expectMemberRoom(kitchen: Kitchen, member: string, byteCount: number): Promise<void> {
  const { staged } = await kitchen.store.db
    .selectFrom('uploads')
    .innerJoin('original_segments', 'original_segments.original_id', 'uploads.upload_id')
    .select(({ fn }) => fn.sum<number | null>('original_segments.byte_count').as('staged'))
    .where('uploads.member', '=', member)
    .where('uploads.state', '!=', 'published')
    .executeTakeFirstOrThrow();
  const most = kitchen.config.limits.stagedBytesPerMember;
  if ((staged ?? 0) + byteCount <= most) return;
  const message = `your member may have ${most} bytes waiting to be published; publish or abandon an upload`;
  throw new ServiceError('STAGING_FULL', message);
}

/** Expects that a member may begin one more upload. @throws {ServiceError} STAGING_FULL */
export async function expectOneMore(kitchen: Kitchen, member: string): Promise<void> {
  const { open } = await kitchen.store.db
    .selectFrom('uploads')
    .select(({ fn }) => fn.countAll<number>().as('open'))
    .where('member', '=', member)
    .where('state', '!=', 'published')
    .executeTakeFirstOrThrow();
  const most = kitchen.config.limits.openUploadsPerMember;
  if (open < most) return;
  throw new ServiceError('STAGING_FULL', `your member has ${most} uploads open; publish or abandon one`);
}
