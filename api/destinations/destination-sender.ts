import type { strategy } from '../../proto/index.ts';

/** Most bytes of tokens in one batch: a broker takes messages of 1 MB, and JSON makes four bytes of three. */
export const MAX_BATCH_BYTES = 262_144;

/** Hands parts of deliveries to one destination; every part may be sent again. */
export interface DestinationSender {
  /** @throws {DestinationFailed} when it could not be reached or did not answer */
  send(envelope: strategy.Envelope, signal: AbortSignal): Promise<strategy.DeliverResponse>;
  close(): Promise<void>;
}
