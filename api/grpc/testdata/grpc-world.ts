// The world of the tests of this chapter: a server that listens, and clients that connect to it.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import {
  type ChannelCredentials,
  type Client,
  credentials,
  Metadata,
  type status,
  type ServiceError as WireError,
} from '@grpc/grpc-js';
import { afterEach, expect } from 'vitest';
import { matching, queries, rpc, rpcDetails, uploads } from '../../../proto/index.ts';
import { openLocalIssuer, openTokenVerifier } from '../../auth/index.ts';
import { type Config, readConfig } from '../../config/index.ts';
import {
  type Call,
  type CountedRefusals,
  createServer,
  type GalleyServer,
  openOperatorLog,
  ServiceError,
} from '../index.ts';

/** What the server under test answers with. */
export type Handlers = {
  get?: (request: queries.GetQueryRequest, call: Call) => Promise<queries.GetQueryResponse>;
  read?: (request: queries.ReadReleaseRequest, call: Call) => AsyncIterable<queries.ReadReleaseResponse>;
  upload?: (requests: AsyncIterable<uploads.SendUploadRequest>, call: Call) => Promise<uploads.SendUploadResponse>;
  talk?: (
    requests: AsyncIterable<matching.EstimateMatchRequest>,
    call: Call,
  ) => AsyncIterable<matching.EstimateMatchResponse>;
};

/** A real server on a loopback port, and all that it says. */
export type World = {
  readonly port: number;
  readonly server: GalleyServer;
  readonly token: string;
  readonly refusals: CountedRefusals[];
  readonly logLines: string[];
  readonly config: Config;
};

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const unanswered = async (): Promise<never> => {
  throw new ServiceError('NOT_FOUND', 'nothing is here');
};

/** Starts a real server with the embedded issuer; it is stopped after the test. */
export async function startWorld(handlers: Handlers = {}, overrides: object = {}): Promise<World> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'galley-grpc-'));
  const config = await readConfig(undefined, {}, { dataDirectory, listenAddress: '127.0.0.1:0', ...overrides });
  const issuer = await openLocalIssuer(config);
  const logLines: string[] = [];
  const sink = new Writable({
    write: (chunk, _, done) => {
      logLines.push(String(chunk));
      done();
    },
  });
  const refusals: CountedRefusals[] = [];
  const server = createServer({
    config,
    verify: openTokenVerifier(config).verify,
    log: openOperatorLog(sink),
    onRefusal: (refusal) => void refusals.push(refusal),
  });
  server.addService(queries.QueryServiceService, {
    getQuery: server.unary('read-question', handlers.get ?? unanswered),
    readRelease: server.serverStream('read-question', handlers.read ?? async function* () {}),
  });
  server.addService(uploads.UploadServiceService, {
    sendUpload: server.clientStream('send-upload', handlers.upload ?? unanswered),
  });
  server.addService(matching.MatchServiceService, {
    estimateMatch: server.bothStreams('estimate-match', handlers.talk ?? async function* () {}),
  });
  const port = await server.start();
  stops.push(() => server.drain(0));
  const mint = { principal: 'ana', member: 'acme', role: 'brand', ttlSeconds: 60, now: new Date() } as const;
  return { port, server, token: await issuer.mint(mint), refusals, logLines, config };
}

/** Connects a real client; it is closed after the test. */
export function clientOf<Of extends Client>(
  make: new (address: string, credentials: ChannelCredentials) => Of,
  { port }: World,
  channel: ChannelCredentials = credentials.createInsecure(),
): Of {
  const client = new make(`localhost:${port}`, channel);
  stops.push(() => client.close());
  return client;
}

/** The metadata that carries a token. */
export function bearer(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** Makes one unary call; an empty token sends none. */
export function getQuery(
  world: World,
  options: { token?: string; deadlineMs?: number; queryId?: string; channel?: ChannelCredentials } = {},
) {
  const client = clientOf(queries.QueryServiceClient, world, options.channel);
  const metadata = options.token === '' ? new Metadata() : bearer(options.token ?? world.token);
  const call = options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs };
  return new Promise<queries.GetQueryResponse>((resolve, reject) => {
    client.getQuery({ queryId: options.queryId ?? 'q' }, metadata, call, (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

/** Work that does not end. */
export const never = () => new Promise<never>(() => {});

/** The least answer. */
export const answer = async (): Promise<queries.GetQueryResponse> => ({ query: undefined });

/** An error as a client reads it. */
export type Read = {
  code: status;
  message: string;
  reason: string;
  metadata: Record<string, string>;
  types: string[];
  status: rpc.Status;
};

/** Reads the error that a call ends with, rich details included. */
export async function errorOf(call: Promise<unknown>): Promise<Read> {
  const error = (await call.then(
    () => expect.fail('the call was answered'),
    (caught: unknown) => caught,
  )) as WireError;
  const bytes = error.metadata?.get('grpc-status-details-bin')[0];
  const parsed = rpc.Status.decode(bytes instanceof Buffer ? bytes : new Uint8Array());
  const info = rpcDetails.ErrorInfo.decode(parsed.details[0]?.value ?? new Uint8Array());
  return {
    code: error.code,
    message: error.details,
    reason: info.reason,
    metadata: { ...info.metadata } as Record<string, string>,
    types: parsed.details.map((detail) => detail.typeUrl),
    status: parsed,
  };
}
