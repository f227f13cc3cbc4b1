// A witness over HTTP: the two addresses of https://c2sp.org/tlog-witness and no others. Whoever sends a checkpoint is
// known by nothing but the signature on it, so that the rest is held small: bodies, waits, connections.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MAX_REQUEST_BYTES, type WatchedLog, Witness, type WitnessAnswer } from '../../audit/index.ts';

/** Longest wait for a whole request: it is a few kilobytes. */
const REQUEST_MS = 15_000;

/** Most connections at once: a witness has as many callers as logs. */
const MAX_CONNECTIONS_COUNT = 256;

/** Where a witness listens, what it is called, and whom it watches. */
export interface WitnessServerOptions {
  readonly host: string;
  readonly port: number;
  readonly directory: string;
  readonly name: string;
  readonly logs: readonly WatchedLog[];
  /** Is told of each answer, with the place of the evidence where there is some. */
  readonly onAnswer?: (answer: Pick<WitnessAnswer, 'status' | 'evidence'>) => void;
}

/** A witness that listens. */
export interface RunningWitness {
  readonly port: number;
  /** Its public key, as auditors and the log's operator take it. */
  readonly verifierKey: string;
  readonly stop: () => Promise<void>;
}

/** Opens a witness and listens. */
export async function startWitness(options: WitnessServerOptions): Promise<RunningWitness> {
  const witness = await Witness.open(options);
  const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
    answer(witness, request, options).then(
      (given) => send(response, given),
      () => send(response, { status: 500, body: 'the witness could not answer\n' }),
    );
  });
  server.maxConnections = MAX_CONNECTIONS_COUNT;
  try {
    await listen(server, options);
  } catch (error) {
    await witness.close();
    throw error;
  }
  return {
    port: (server.address() as AddressInfo).port,
    verifierKey: witness.verifierKey,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await witness.close();
    },
  };
}

interface Given {
  readonly status: number;
  readonly body: string;
}

async function answer(witness: Witness, request: IncomingMessage, { onAnswer }: WitnessServerOptions): Promise<Given> {
  const { method, url = '' } = request;
  if (method === 'POST' && url === '/add-checkpoint') {
    const body = await bodyOf(request);
    if (body === undefined) return { status: 413, body: 'the request is too large\n' };
    const given = await witness.addCheckpoint(body);
    onAnswer?.(given);
    return given;
  }
  const [, originHash] = /^\/([0-9a-f]{64})\/checkpoint$/.exec(url) ?? [];
  const note = method === 'GET' && originHash !== undefined ? witness.checkpointOf(originHash) : undefined;
  return note === undefined ? { status: 404, body: 'there is nothing here\n' } : { status: 200, body: note };
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.byteLength;
    if (bytes > MAX_REQUEST_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function send(response: ServerResponse, { status, body }: Given): void {
  const type = status === 409 ? 'text/x.tlog.size' : 'text/plain; charset=utf-8';
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

async function listen(server: Server, { host, port }: WitnessServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}
