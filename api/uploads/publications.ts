import type { uploads } from '../../proto/index.ts';
import { type DatasetRow, openOriginal, publishSnapshot } from '../datasets/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { type Watched, watch } from './progress.ts';
import { onDisk } from './storage-failure.ts';
import type { Terms } from './terms.ts';
import { findUpload, type UploadRow } from './upload-record.ts';

/** A received upload that is to become a snapshot. */
export interface Publishing {
  readonly call: Call;
  readonly upload: UploadRow;
  readonly dataset: DatasetRow;
  readonly terms: Terms;
}

/** The publications under way. */
export interface Publications {
  /** Begins a publication, or finds the one under way. @throws {ServiceError} CONFLICT when that is of other terms */
  readonly begin: (publishing: Publishing) => Watched<void>;
  /** Ends the publication of an upload, if there is one, and does work while no other can begin. */
  readonly without: <Result>(uploadId: string, work: () => Promise<Result>) => Promise<Result>;
  readonly isBusy: (uploadId: string) => boolean;
  /** Ends all; no one may begin any more. */
  readonly close: () => Promise<void>;
}

interface Running extends Watched<void> {
  readonly terms: string;
  readonly controller: AbortController;
}

/**
 * Makes the publications of a service.
 *
 * A publication belongs to the upload and not to the call that asked for it: whoever loses the connection after half an
 * hour of reading asks again, and watches what is left of it.
 */
export function makePublications(kitchen: Kitchen): Publications {
  const running = new Map<string, Running>();
  const removing = new Set<string>();
  let isClosed = false;
  const cancel = async (uploadId: string): Promise<void> => {
    const one = running.get(uploadId);
    one?.controller.abort();
    await one?.settled.catch(() => {});
  };
  return {
    begin: (publishing) => {
      if (isClosed) throw new ServiceError('UNAVAILABLE', 'the service is stopping', { retryAfterMs: 1_000 });
      const { upload_id: uploadId } = publishing.upload;
      // A small file would be read before its upload is gone, and published without its original.
      if (removing.has(uploadId)) throw new ServiceError('CONFLICT', 'the upload is being abandoned');
      const terms = JSON.stringify([publishing.dataset.dataset_id, publishing.terms]);
      const known = running.get(uploadId);
      if (known !== undefined) {
        if (known.terms === terms) return known;
        throw new ServiceError('CONFLICT', 'the upload is being published in another way; wait, or abandon it');
      }
      const controller = new AbortController();
      const watched = watch((onProgress) => publish(kitchen, publishing, { signal: controller.signal, onProgress }));
      running.set(uploadId, { ...watched, terms, controller });
      const forget = () => void running.delete(uploadId);
      watched.settled.then(forget, forget);
      return watched;
    },
    without: async (uploadId, work) => {
      removing.add(uploadId);
      try {
        await cancel(uploadId);
        return await work();
      } finally {
        removing.delete(uploadId);
      }
    },
    isBusy: (uploadId) => running.has(uploadId),
    close: async () => {
      isClosed = true;
      await Promise.all([...running.keys()].map(cancel));
    },
  };
}

async function publish(
  kitchen: Kitchen,
  { call, upload, dataset, terms }: Publishing,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: uploads.UploadProgress) => void },
): Promise<void> {
  const { upload_id: uploadId } = upload;
  await onDisk(kitchen, { uploadId }, async () => {
    // One publication at a time, but an earlier one may have ended since the caller looked.
    if ((await findUpload(kitchen, uploadId))?.state !== 'received') return;
    const { byteCount } = await openOriginal(kitchen, uploadId);
    await publishSnapshot(kitchen, {
      // In the name of who asked first, for as long as it takes.
      call: { ...call, signal, receivedAtMs: kitchen.nowMs() },
      dataset,
      uploadId,
      originalId: uploadId,
      originalDigest: upload.received_sha256 ?? '',
      ...terms,
      onProgress: ({ rows, bytes }) => onProgress({ rows: BigInt(rows), bytes: BigInt(bytes), of: BigInt(byteCount) }),
    });
  });
}
