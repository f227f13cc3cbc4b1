import { createHmac } from 'node:crypto';
import { ServiceError } from '../grpc/index.ts';
import { type Database, writtenOnce } from '../store/index.ts';
import type { Kitchen } from './kitchen.ts';

/** A call that may be sent again. */
export interface RepeatableCall {
  readonly member: string;
  readonly rpc: string;
  /** Chosen by the client; empty when it does not care. */
  readonly requestId: string;
  /** The request's own bytes. */
  readonly request: Uint8Array;
}

/** Longest id a client may choose. */
const MAX_REQUEST_ID_CHARS = 128;

/**
 * Keeps the answer to a call within a transaction of the work itself.
 *
 * Work that charges must use it: kept afterwards, a crash in between would let the repetition pay again.
 */
export type Remember = (db: Database, response: Uint8Array) => Promise<void>;

const underWay = new Map<string, Promise<Uint8Array>>();

/**
 * Does work once for each request id and returns the first answer to every repetition.
 *
 * Two calls at the same time share one run: the second waits for the first.
 *
 * @throws {ServiceError} CONFLICT when the id was used for another request
 */
export async function once(
  kitchen: Kitchen,
  call: RepeatableCall,
  work: (remember: Remember) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (call.requestId === '') return await work(async () => {});
  if (call.requestId.length > MAX_REQUEST_ID_CHARS) {
    throw new ServiceError('INVALID_REQUEST', `\`request_id\` is longer than ${MAX_REQUEST_ID_CHARS} characters`);
  }
  const key = JSON.stringify([call.member, call.rpc, call.requestId]);
  const running = underWay.get(key);
  if (running !== undefined) {
    await running.catch(() => {});
    return await once(kitchen, call, work);
  }
  const run = runOnce(kitchen, call, work);
  underWay.set(key, run);
  try {
    return await run;
  } finally {
    underWay.delete(key);
  }
}

type CallId = Pick<RepeatableCall, 'member' | 'rpc' | 'requestId'>;

const findAnswer = writtenOnce((db, of: CallId) =>
  db
    .selectFrom('requests')
    .selectAll()
    .where('member', '=', of.member)
    .where('rpc', '=', of.rpc)
    .where('request_id', '=', of.requestId),
);

interface Answer extends CallId {
  readonly digest: string;
  readonly response: Uint8Array;
  readonly createdAtMs: number;
}

const keepAnswer = writtenOnce((db, { member, rpc, requestId, digest, response, createdAtMs }: Answer) =>
  db
    .insertInto('requests')
    .values({
      member,
      rpc,
      request_id: requestId,
      request_digest: digest,
      response,
      created_at_ms: createdAtMs,
    })
    .onConflict((conflict) => conflict.doNothing()),
);

async function runOnce(
  kitchen: Kitchen,
  call: RepeatableCall,
  work: (remember: Remember) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  // Keyed: whoever reads the store must not be able to try out what was asked.
  const digest = createHmac('sha256', kitchen.vault.deriveKey('requests')).update(call.request).digest('hex');
  const [known] = await findAnswer(kitchen.store.db, call);
  if (known !== undefined) {
    if (known.request_digest === digest) return known.response;
    throw new ServiceError('CONFLICT', `\`request_id\` was used for another request; choose a new one`);
  }
  const facts = { member: call.member, rpc: call.rpc, requestId: call.requestId, digest };
  let isRemembered = false;
  const remember: Remember = async (db, response) => {
    isRemembered = true;
    await keepAnswer(db, { ...facts, response, createdAtMs: kitchen.nowMs() });
  };
  const response = await work(remember);
  // Work that remembers by itself has written this very row.
  if (!isRemembered) await remember(kitchen.store.db, response);
  return response;
}
