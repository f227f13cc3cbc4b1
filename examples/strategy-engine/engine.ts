import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { decisions, strategy } from '../../proto/index.ts';
import { Decider } from './decider.ts';
import { createDecisionEndpoint } from './decision-endpoint.ts';
import { decisionHandlers, type ShopDoor } from './decision-handlers.ts';
import { deliveryHandlers } from './delivery-handlers.ts';
import type { EngineOptions } from './engine-options.ts';
import { EventHistory } from './event-history.ts';
import { Membership } from './membership.ts';
import { membershipToken } from './membership-token.ts';
import { Metrics } from './metrics.ts';
import { readStrategies } from './read-strategies.ts';
import { StoreWriter, type Take } from './store-writer.ts';

/** How long calls under way may still take when the engine stops. */
const STOP_MS = 10_000;

/** An engine that runs. */
export interface Engine {
  /** Where it listens, by name: `listening` for the clean room, `http` and `decisions` for the shop. */
  readonly addresses: Readonly<Record<'listening' | 'http' | 'decisions', string>>;
  /** Settles when the store can no longer be written: the engine must end. */
  readonly failed: Promise<unknown>;
  /** Reads the strategies again. @throws {Error} naming what is wrong; then the old ones stay */
  reload(): void;
  /** Ends calls under way, writes down what waits, and closes everything. */
  stop(): Promise<void>;
}

/** Opens the stores and listens. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { dataDirectory: directory, identifier, contentPath } = options;
  const scenes = readStrategies(contentPath);
  const writer = await StoreWriter.open({ directory, identifier });
  const membership = new Membership(directory);
  const history = new EventHistory(directory);
  const decider = new Decider(scenes, { membership, history, assign: writer.assign });
  const metrics = new Metrics();
  const take = counted(writer.take, metrics);
  const door = shopDoor(decider, writer, metrics);

  const inbound = new Server();
  inbound.addService(strategy.StrategyEngineServiceService, deliveryHandlers(take));
  const shop = new Server();
  shop.addService(decisions.DecisionServiceService, decisionHandlers(door));
  const listening = await bind(inbound, options.listen, options.tls);
  const decisionsAt = await bind(shop, options.decisions, undefined);
  const http = createDecisionEndpoint({
    ...door,
    identifier,
    tokenOf: (memberId) => {
      const key = options.tokenKey();
      return key && Buffer.from(membershipToken(key, identifier, memberId), 'base64url');
    },
    forget: async (token) => {
      // What waits to be written may be of this person.
      await decider.flush();
      return await writer.forget(token);
    },
    metrics: () => metrics.text(),
  });
  await new Promise<void>((resolve) => http.listen(options.httpPort, options.httpHost, resolve));
  const httpAt = `http://${options.httpHost}:${(http.address() as AddressInfo).port}`;

  return {
    addresses: { listening, http: httpAt, decisions: decisionsAt },
    failed: writer.gone,
    reload: () => decider.replace(readStrategies(contentPath)),
    stop: async () => {
      http.close();
      http.closeIdleConnections();
      await Promise.all([shutDown(inbound), shutDown(shop)]);
      await decider.flush();
      await writer.close();
      membership.close();
      history.close();
    },
  };
}

function counted(take: Take, metrics: Metrics): Take {
  return async (envelope) => {
    const answer = await take(envelope);
    const name = strategy.deliveryOutcomeToJSON(answer.outcome).replace('DELIVERY_OUTCOME_', '').toLowerCase();
    metrics.count(`engine_parts_total{outcome="${name}"}`);
    return answer;
  };
}

function shopDoor(decider: Decider, writer: StoreWriter, metrics: Metrics): ShopDoor {
  return {
    decide: (token, scene) => metrics.timed(() => decider.decide(token, scene)),
    record: async (events) => {
      // First arms are in the file before events that speak of them.
      await decider.flush();
      const answer = await writer.record(events);
      metrics.count('engine_events_total', answer.recordedCount);
      return answer;
    },
  };
}

async function bind(server: Server, listen: string, tls: EngineOptions['tls']): Promise<string> {
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: tls.certificate, private_key: tls.key }]);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(listen, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
  return `${listen.slice(0, listen.lastIndexOf(':'))}:${await promise}`;
}

async function shutDown(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    server.forceShutdown();
    resolve();
  }, STOP_MS);
  server.tryShutdown(() => resolve());
  await promise;
  clearTimeout(timer);
}
