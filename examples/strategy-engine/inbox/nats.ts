// Reads parts of deliveries from a stream of a NATS broker, one after the other as they came, and lets the broker forget
// each when it is on the engine's disk. A durable consumer: whoever is killed goes on where it was.
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { strategy } from '../../../proto/index.ts';
import type { Take } from '../store-writer.ts';
import { isRefused } from './take.ts';

/** How long the broker waits for a part to be taken before it hands it out again. */
const TAKE_MS = 60_000;
/** How long a part waits that could not be taken. */
const AGAIN_MS = 1_000;

/** Where the stream is, and who reads it. */
export interface NatsInbox {
  /** `host:port`. */
  readonly broker: string;
  readonly stream: string;
  /** Keeps the place in the stream over restarts. */
  readonly durable: string;
  /** The seed of an nkey, `SU…`, where the broker asks for one. */
  readonly seed?: string;
  /** The PEM authority of the broker; absent for one of this machine without TLS. */
  readonly ca?: string;
}

/** Takes parts until told to stop. Answers how to stop, once it reads. */
export async function receiveFromNats(inbox: NatsInbox, take: Take): Promise<{ stop(): Promise<void> }> {
  const { broker, stream, durable, seed, ca } = inbox;
  const connection = await connect({
    servers: broker,
    ...(seed === undefined ? {} : { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) }),
    tls: ca === undefined ? null : { ca },
    maxReconnectAttempts: -1,
    // After a failure of both the reader may be back before its broker.
    waitOnFirstConnect: true,
  });
  const manager = await jetstreamManager(connection);
  await manager.consumers.add(stream, {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    ack_wait: TAKE_MS * 1_000_000,
    // One at a time: what came first is taken first.
    max_ack_pending: 1,
  });
  const consumer = await jetstream(connection).consumers.get(stream, durable);
  const messages = await consumer.consume({ max_messages: 1 });
  const reading = (async () => {
    for await (const message of messages) {
      try {
        await take(strategy.Envelope.decode(message.data));
        message.ack();
      } catch (error) {
        // What the engine will never take would stand before everything else.
        if (isRefused(error)) message.term();
        else message.nak(AGAIN_MS);
      }
    }
  })();
  return {
    stop: async () => {
      await messages.close();
      await reading;
      await connection.drain();
    },
  };
}
