import type { uploads } from '../../proto/index.ts';
import type { HandlerWrappers } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { abandonUpload } from './abandon-upload.ts';
import { beginUpload } from './begin-upload.ts';
import { checkUpload } from './check-upload.ts';
import { completeUpload } from './complete-upload.ts';
import { startExpiring } from './expire-uploads.ts';
import { inspectUpload } from './inspect-upload.ts';
import { listUploads } from './list-uploads.ts';
import { makePublications, type Publications } from './publications.ts';
import { publishUpload } from './publish-upload.ts';
import { RunningDigests } from './running-digests.ts';
import { type Receiving, sendUpload } from './send-upload.ts';
import { makeSenders } from './senders.ts';
import { admitToUpload, uploadMessage } from './upload-record.ts';

/** What goes on with uploads beside the calls about them. */
export interface Uploads extends Receiving {
  readonly publications: Publications;
  /** Seals what is on its way, ends publications, and removes nothing more. */
  readonly close: () => Promise<void>;
}

/** Begins to receive uploads, and to remove those that nobody goes on with. */
export function startUploads(kitchen: Kitchen): Uploads {
  const work = { senders: makeSenders(), digests: new RunningDigests(), publications: makePublications(kitchen) };
  const expiring = startExpiring(kitchen, work);
  return {
    ...work,
    close: async () => {
      await expiring.close();
      await work.publications.close();
      await work.senders.close();
    },
  };
}

/** The handlers of galley.v1.UploadService. */
export function makeUploadService(
  kitchen: Kitchen,
  work: Uploads,
  { unary, clientStream, serverStream }: HandlerWrappers,
): uploads.UploadServiceServer {
  return {
    beginUpload: unary('begin-upload', (request, call) => beginUpload(kitchen, call, request)),
    sendUpload: clientStream('send-upload', (requests, call) => sendUpload(kitchen, work, call, requests)),
    completeUpload: serverStream('send-upload', (request, call) => completeUpload(kitchen, work, call, request)),
    getUpload: unary('read-upload', async ({ uploadId }, call) => {
      await admitToUpload(kitchen, call, 'read-upload', uploadId);
      return { upload: await uploadMessage(kitchen, uploadId) };
    }),
    listUploads: unary('list-uploads', (request, call) => listUploads(kitchen, call, request)),
    inspectUpload: unary('read-upload', (request, call) => inspectUpload(kitchen, call, request)),
    checkUpload: serverStream('read-upload', (request, call) => checkUpload(kitchen, call, request)),
    publishUpload: serverStream('upload-snapshot', (request, call) =>
      publishUpload(kitchen, work.publications, call, request),
    ),
    abandonUpload: unary('abandon-upload', async ({ uploadId }, call) => {
      await abandonUpload(kitchen, work, call, uploadId);
      return {};
    }),
  };
}
