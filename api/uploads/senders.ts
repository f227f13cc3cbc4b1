import { ServiceError } from '../grpc/index.ts';

/** Who works on the bytes of each upload: one at a time, and the latest wins. */
export interface Senders {
  /**
   * Ends whoever works on an upload now, waits until what it received is sealed, and does the work.
   *
   * The latest wins, for an earlier stream is mostly one whose connection is lost, which its sender knows before the
   * service does.
   *
   * @throws {ServiceError} TAKEN_OVER when another one came before it began
   */
  readonly takeOver: <Result>(uploadId: string, work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;
  /** Tells whether somebody works on an upload. */
  readonly isBusy: (uploadId: string) => boolean;
  /** Waits until nobody does; no one may begin any more. */
  readonly close: () => Promise<void>;
}

interface Sender {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** Makes the senders of a service. */
export function makeSenders(): Senders {
  const current = new Map<string, Sender>();
  let isClosed = false;
  return {
    takeOver: async (uploadId, work) => {
      if (isClosed) throw new ServiceError('UNAVAILABLE', 'the service is stopping', { retryAfterMs: 1_000 });
      const before = current.get(uploadId);
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const sender = { controller: new AbortController(), ended };
      current.set(uploadId, sender);
      try {
        before?.controller.abort(takenOver());
        await before?.ended;
        sender.controller.signal.throwIfAborted();
        return await work(sender.controller.signal);
      } finally {
        resolve();
        if (current.get(uploadId) === sender) current.delete(uploadId);
      }
    },
    isBusy: (uploadId) => current.has(uploadId),
    close: async () => {
      isClosed = true;
      await Promise.all(
        [...current.values()].map(({ controller, ended }) => {
          controller.abort(new ServiceError('UNAVAILABLE', 'the service is stopping', { retryAfterMs: 1_000 }));
          return ended;
        }),
      );
    },
  };
}

function takenOver(): ServiceError {
  return new ServiceError('TAKEN_OVER', 'another call goes on with this upload; this one ends here');
}
