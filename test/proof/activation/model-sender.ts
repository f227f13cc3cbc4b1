import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, Metadata } from '@grpc/grpc-js';
import { strategy } from '../../../proto/index.ts';

/** A publication or a withdrawal as whoever sends it knows it. */
export interface Sending {
  readonly audienceId: string;
  readonly version: bigint;
  /** Of a delta: what it changes. */
  readonly baseVersion?: bigint;
  /** Batches of tokens that come in and go; none of a withdrawal. */
  readonly batches: readonly { readonly added: Uint8Array; readonly removed: Uint8Array }[];
}

const { START_AGAIN } = strategy.DeliveryOutcome;
const RETRY_MS = 20;
const MAX_SEND_MS = 120_000;
const CALL_MS = 10_000;

/** Sends by the contract alone, written without a look at the service's own sender; each part until it is answered. */
export class ModelSender implements Disposable {
  readonly #client: strategy.StrategyEngineServiceClient;

  constructor(address: string) {
    this.#client = new strategy.StrategyEngineServiceClient(address, credentials.createInsecure());
  }

  /** Publishes; answers what became of the commit. */
  async publish({ audienceId, version, baseVersion, batches }: Sending): Promise<strategy.DeliverResponse> {
    const { FULL, DELTA } = strategy.PublicationKind;
    const kind = baseVersion === undefined ? FULL : DELTA;
    const batchCount = batches.length;
    const announced = {
      displayName: audienceId,
      identifier: 'email',
      kind,
      baseVersion: baseVersion ?? 0n,
      batchCount,
    };
    const begin = strategy.PublicationBegin.fromPartial(announced);
    const digest = digestOf(batches);
    for (;;) {
      await this.#send({ audienceId, version, part: { $case: 'begin', value: begin } });
      for (const [index, batch] of batches.entries()) {
        await this.#send({ audienceId, version, part: { $case: 'batch', value: { index, ...batch } } });
      }
      const commit = { $case: 'commit', value: { batchCount, digest } } as const;
      const answer = await this.#send({ audienceId, version, part: commit });
      if (answer.outcome !== START_AGAIN) return answer;
    }
  }

  /** Withdraws; answers what became of it. */
  async withdraw(audienceId: string, version: bigint): Promise<strategy.DeliverResponse> {
    return await this.#send({ audienceId, version, part: { $case: 'withdrawal', value: { reason: 'revoked' } } });
  }

  async #send(envelope: strategy.Envelope): Promise<strategy.DeliverResponse> {
    const endsAtMs = performance.now() + MAX_SEND_MS;
    for (;;) {
      try {
        return await this.#call(envelope);
      } catch (cause) {
        if (performance.now() > endsAtMs) throw cause;
        await sleep(RETRY_MS);
      }
    }
  }

  #call(envelope: strategy.Envelope): Promise<strategy.DeliverResponse> {
    return new Promise((resolve, reject) => {
      this.#client.deliver({ envelope }, new Metadata(), { deadline: Date.now() + CALL_MS }, (error, answer) =>
        error === null ? resolve(answer) : reject(error),
      );
    });
  }

  /** Closes the channel. */
  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function digestOf(batches: Sending['batches']): Buffer {
  const digest = createHash('sha256');
  for (const [index, { added, removed }] of batches.entries()) {
    const place = Buffer.alloc(4);
    place.writeUInt32BE(index);
    digest.update(place).update(added).update(removed);
  }
  return digest.digest();
}
