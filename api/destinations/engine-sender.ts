import { Metadata } from '@grpc/grpc-js';
import type { strategy } from '../../proto/index.ts';
import type { DestinationRow } from './destination-record.ts';
import type { DestinationSender } from './destination-sender.ts';
import { answered, type Engine, reachEngine } from './reach-engine.ts';

/** Longest time for one part: a commit of ten million members may make an engine sort them first. */
const PART_DEADLINE_MS = 60_000;

/** Reaches a strategy engine over gRPC. @throws {DestinationFailed} */
export async function openEngineSender(
  destination: Pick<DestinationRow, 'address' | 'ca_certificate_pem'>,
  signal: AbortSignal,
): Promise<DestinationSender> {
  return new EngineSender(await reachEngine(destination, signal));
}

class EngineSender implements DestinationSender {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async send(envelope: strategy.Envelope, signal: AbortSignal): Promise<strategy.DeliverResponse> {
    const deadline = new Date(Date.now() + PART_DEADLINE_MS);
    return await answered<strategy.DeliverResponse>(signal, (settle) =>
      this.#engine.deliver({ envelope }, new Metadata(), { deadline }, settle),
    );
  }

  async close(): Promise<void> {
    this.#engine.close();
  }
}
