import type { uploads } from '../../proto/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, readPage } from '../kitchen/index.ts';
import { uploadMessage } from './upload-record.ts';

/** Lists the uploads of the caller's member, newest first. */
export async function listUploads(
  kitchen: Kitchen,
  { principal }: Call,
  request: uploads.ListUploadsRequest,
): Promise<uploads.ListUploadsResponse> {
  const decision = kitchen.authorizer.authorize({ principal, nowMs: kitchen.nowMs(), action: 'list-uploads' });
  if (!decision.allowed) throw new ServiceError('PERMISSION_DENIED', 'your role has no uploads');
  const page = readPage(request);
  const rows = await kitchen.store.db
    .selectFrom('uploads')
    .select('upload_id')
    .where('member', '=', principal.member)
    .orderBy('created_at_ms', 'desc')
    .orderBy('upload_id')
    .limit(page.size)
    .offset(page.offset)
    .execute();
  const messages = await Promise.all(rows.map((row) => uploadMessage(kitchen, row.upload_id)));
  return { uploads: messages, nextPageToken: page.next(rows.length) };
}
