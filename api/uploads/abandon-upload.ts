import { removeOriginal } from '../datasets/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import type { Publications } from './publications.ts';
import type { Senders } from './senders.ts';
import { admitToUpload, findUpload, type UploadRow, uploadSubject } from './upload-record.ts';

/** Throws an upload away, whoever sends or publishes it. @throws {ServiceError} CONFLICT when it is published */
export async function abandonUpload(
  kitchen: Kitchen,
  work: { readonly senders: Senders; readonly publications: Publications },
  call: Call,
  uploadId: string,
): Promise<void> {
  await admitToUpload(kitchen, call, 'abandon-upload', uploadId);
  await removeUpload(kitchen, work, uploadId, async (upload) => {
    await record(kitchen, { kind: 'upload-abandoned', call, collaboration: null, subject: uploadSubject(upload) });
  });
}

/**
 * Removes an upload: told first; then its name, so that a crash in between leaves files that nothing names, which the next start
 * sweeps.
 */
export async function removeUpload(
  kitchen: Kitchen,
  { senders, publications }: { readonly senders: Senders; readonly publications: Publications },
  uploadId: string,
  tell: (upload: UploadRow) => Promise<void>,
): Promise<void> {
  const remove = async () => {
    const upload = await findUpload(kitchen, uploadId);
    if (upload === undefined) return;
    if (upload.state === 'published') {
      throw new ServiceError('CONFLICT', 'the upload is published; take the snapshot back by erasing it');
    }
    await tell(upload);
    await kitchen.store.db.deleteFrom('uploads').where('upload_id', '=', uploadId).execute();
    await removeOriginal(kitchen, uploadId);
  };
  await senders.takeOver(uploadId, () => publications.without(uploadId, remove));
}
