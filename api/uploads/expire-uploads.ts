import { type Kitchen, record } from '../kitchen/index.ts';
import { removeUpload } from './abandon-upload.ts';
import type { Publications } from './publications.ts';
import type { Senders } from './senders.ts';
import { findUpload, uploadSubject } from './upload-record.ts';

/** The longest time between two looks at what has expired. */
const LONGEST_PAUSE_MS = 3_600_000;

/** The uploads that are looked after. */
interface Expiring {
  readonly close: () => Promise<void>;
}

/** Removes uploads that nobody goes on with, now and then until closed. */
export function startExpiring(
  kitchen: Kitchen,
  work: { readonly senders: Senders; readonly publications: Publications },
): Expiring {
  const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.ceil(kitchen.config.limits.uploadLifeMs / 4));
  let sweeping: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweeping
      .then(() => expireUploads(kitchen, work))
      .catch((cause: unknown) => kitchen.operatorLog.error({ err: cause }, 'expired uploads could not be removed'));
  }, pauseMs);
  return {
    close: async () => {
      clearInterval(timer);
      await sweeping;
    },
  };
}

async function expireUploads(
  kitchen: Kitchen,
  work: { readonly senders: Senders; readonly publications: Publications },
): Promise<void> {
  const beforeMs = kitchen.nowMs() - kitchen.config.limits.uploadLifeMs;
  const expired = await kitchen.store.db
    .selectFrom('uploads')
    .select(['upload_id', 'member', 'state'])
    .where('state', '!=', 'published')
    .where('touched_at_ms', '<', beforeMs)
    .execute();
  for (const { upload_id: uploadId, member, state } of expired) {
    // Whoever works on it has not touched it since the work began; it is touched when that ends.
    if (work.senders.isBusy(uploadId) || work.publications.isBusy(uploadId)) continue;
    // The ones before took their time: somebody may have come back to this one.
    if (((await findUpload(kitchen, uploadId))?.touched_at_ms ?? 0) >= beforeMs) continue;
    await removeUpload(kitchen, work, uploadId, async (upload) => {
      const subject = { ...uploadSubject(upload), member: upload.member };
      await record(kitchen, { kind: 'upload-expired', call: null, collaboration: null, subject });
    });
    kitchen.operatorLog.info({ uploadId, member, state }, 'an upload that nobody went on with has expired');
  }
}
