import { Server, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { TokenVerifier } from '../auth/index.ts';
import { type Config, parseListenAddress } from '../config/index.ts';
import type { Gate } from './call.ts';
import { readCredentials } from './credentials.ts';
import { type HandlerWrappers, makeHandlerWrappers } from './handlers.ts';
import type { OperatorLog } from './operator-log.ts';
import { addReflection } from './reflection.ts';
import { makeRefusalTally, type OnRefusal } from './refusal-tally.ts';
import { ServiceError } from './service-error.ts';
import { makeTokenBuckets } from './token-bucket.ts';

/** The largest message in either direction: four chunks of an upload, far more than any question. */
export const MAX_MESSAGE_BYTES = 4_194_304;

/** How often a silent connection is asked whether anybody is there. */
const KEEPALIVE_MS = 30_000;

/** How long that answer may take before the connection is dropped and its calls are cancelled. */
const KEEPALIVE_TIMEOUT_MS = 10_000;

/** How long connections may take to close after the last call; watchers of health never close by themselves. */
const CLOSE_MS = 500;

/** What a server is made of. */
export type ServerOptions = {
  readonly config: Pick<Config, 'listenAddress' | 'tls' | 'limits'>;
  readonly verify: TokenVerifier['verify'];
  readonly log: OperatorLog;
  /** Writes refusals to the audit log; called at once for the first of a kind, and once a minute with the rest. */
  readonly onRefusal?: OnRefusal;
  /** The clock, milliseconds since 1970. */
  readonly now?: () => number;
};

/** The listening side. */
export type GalleyServer = HandlerWrappers & {
  /** Adds a service of the contract; its name becomes known to health checks. */
  readonly addService: (definition: ServiceDefinition, handlers: UntypedServiceImplementation) => void;
  /** Begins to listen, with health and reflection, and answers the port. @throws {ConfigRefused} */
  readonly start: () => Promise<number>;
  /** Answers health checks with NOT_SERVING from now on, so that callers are led elsewhere; calls are still answered. */
  readonly reportUnfit: () => void;
  /** Takes no more calls, lets those under way end, and after `graceMs` cancels them. */
  readonly drain: (graceMs: number) => Promise<void>;
};

/** Makes a server; services are added to it, then it is started. */
export function createServer(options: ServerOptions): GalleyServer {
  const { config, log } = options;
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_concurrent_streams': config.limits.streamsPerConnection,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  });
  const health = new HealthImplementation({ '': 'NOT_SERVING' });
  const services: string[] = [''];
  let isDraining = false;
  const gate = makeGate(options, () => isDraining);
  const reportUnfit = (): void => {
    for (const service of services) health.setStatus(service, 'NOT_SERVING');
  };
  return {
    ...makeHandlerWrappers(gate, config.limits),
    addService: (definition, handlers) => {
      server.addService(definition, handlers);
      services.push(...new Set(Object.values(definition).map((method) => method.path.split('/')[1] ?? '')));
    },
    start: async () => {
      health.addToServer(server);
      addReflection(server);
      const port = await bind(server, config);
      for (const service of services) health.setStatus(service, 'SERVING');
      log.info({ listenAddress: config.listenAddress, port, tls: config.tls !== null }, 'listening');
      return port;
    },
    reportUnfit,
    drain: async (graceMs) => {
      isDraining = true;
      reportUnfit();
      await drain(server, gate, graceMs);
      gate.tally.flush();
    },
  };
}

function makeGate(options: ServerOptions, isDraining: () => boolean): Gate {
  const { log, onRefusal } = options;
  return {
    verify: options.verify,
    buckets: makeTokenBuckets(options.config.limits),
    tally: makeRefusalTally(async (refusals) => {
      try {
        await onRefusal?.(refusals);
      } catch (error) {
        log.error({ err: error, refusals }, 'a refusal could not be logged');
      }
    }),
    log,
    now: options.now ?? Date.now,
    active: new Set(),
    isDraining,
  };
}

async function bind(server: Server, config: ServerOptions['config']): Promise<number> {
  const credentials = await readCredentials(config);
  const { host, port } = parseListenAddress(config.listenAddress);
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return await new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
}

async function drain(server: Server, gate: Gate, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  const stepMs = 20;
  for (let waitedMs = 0; gate.active.size > 0 && waitedMs < graceMs; waitedMs += stepMs) await sleep(stepMs);
  for (const controller of gate.active) {
    controller.abort(new ServiceError('UNAVAILABLE', 'the service is stopping', { retryAfterMs: 1_000 }));
  }
  await Promise.race([closed, sleep(CLOSE_MS)]);
  server.forceShutdown();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
