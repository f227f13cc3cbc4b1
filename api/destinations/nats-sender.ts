// The broker's acknowledgement says that the stream has a message; from there on it is the broker's to keep. Parts carry
// their names as message ids, so that one sent twice within the stream's window is there once; whoever reads the stream
// takes each part once anyway.
import { JetStreamApiError, type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { strategy } from '../../proto/index.ts';
import { DestinationFailed } from './destination-failed.ts';
import type { DestinationRow } from './destination-record.ts';
import type { DestinationSender } from './destination-sender.ts';
import { readBrokerAddress } from './destination-url.ts';
import { isDelta, oneWayAnswer, partName } from './part-name.ts';

/** Longest time to connect: a broker that is up needs milliseconds. */
const CONNECT_DEADLINE_MS = 3_000;
/** Longest time for one message to be stored: a broker that syncs each to a slow disk needs a second. */
const PART_DEADLINE_MS = 15_000;

/** Reaches a NATS broker, signed in by an nkey. @throws {DestinationFailed} */
export async function openNatsSender(
  destination: Pick<DestinationRow, 'address' | 'ca_certificate_pem'>,
  seed: Uint8Array,
  signal: AbortSignal,
): Promise<DestinationSender> {
  const address = readBrokerAddress(destination.address);
  if (address === null) throw new DestinationFailed('destination-unreachable', 'INVALID_ADDRESS');
  const { host, port, subject, isTls } = address;
  const connecting = connect({
    servers: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    tls: isTls ? { ca: destination.ca_certificate_pem } : null,
    authenticator: nkeyAuthenticator(seed),
    timeout: CONNECT_DEADLINE_MS,
    // An attempt that fails is made again by the outbox, which logs it; and other brokers that this one tells of were
    // approved by nobody.
    reconnect: false,
    ignoreClusterUpdates: true,
    ignoreAuthErrorAbort: false,
    name: 'galley',
  });
  const connection = await unlessAborted(connecting, signal, (late) => void late.close()).catch((cause: unknown) => {
    throw failureOf('destination-unreachable', cause);
  });
  return new NatsSender(connection, subject);
}

class NatsSender implements DestinationSender {
  readonly #connection: NatsConnection;
  readonly #stream: JetStreamClient;
  readonly #subject: string;

  constructor(connection: NatsConnection, subject: string) {
    this.#connection = connection;
    this.#stream = jetstream(connection, { timeout: PART_DEADLINE_MS });
    this.#subject = subject;
  }

  async send(envelope: strategy.Envelope, signal: AbortSignal): Promise<strategy.DeliverResponse> {
    if (!isDelta(envelope)) {
      const bytes = strategy.Envelope.encode(envelope).finish();
      const stored = this.#stream.publish(this.#subject, bytes, { msgID: partName(envelope), retries: 1 });
      await unlessAborted(stored, signal).catch((cause: unknown) => {
        throw failureOf('destination-failed', cause);
      });
    }
    return oneWayAnswer(envelope);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

/** Waits for work unless the signal comes first; what it ends in after that is given to `onLate`. */
async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  onLate: (late: Result) => void = () => {},
): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new DOMException('the work was ended', 'AbortError'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } catch (cause) {
    work.then(onLate, () => {});
    throw cause;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The kind of an error alone: its words may be the broker's. */
function failureOf(reason: DestinationFailed['reason'], cause: unknown): DestinationFailed {
  const name =
    cause instanceof JetStreamApiError ? `JETSTREAM_${cause.code}` : cause instanceof Error ? cause.name : '';
  return new DestinationFailed(reason, /^[A-Za-z0-9_]{1,40}$/.test(name) ? name : 'UNKNOWN');
}
