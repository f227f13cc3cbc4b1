// A worker that was taken over: it says that it is ready, and then does to the host what its job's text names. Staged
// with the workers and started by tests alone.
import * as fs from 'node:fs';

import { encodeColumnChunk } from '../wire/column-chunk.ts';
import { encodeFrameHeader } from '../wire/frames.ts';
import { encodeWorkerMessage, type HostMessage, type WorkerMessage } from '../wire/messages.ts';
import { answer, receive } from './channel.ts';
import { expectInside } from './inside.ts';

const ANSWER_FD = 3;
const CHUNK_TYPE = 4;
const FOUR_GIGABYTES = 0xff_ff_ff_ff;
/** Below the cap of a chunk, and so worth waiting for. */
const MUCH_BYTES = 4_194_304;
const BLOCK_BYTES = 65_536;

expectInside();
answer({ kind: 'ready' });
const message = receive();
const deeds: Record<string, () => unknown> = {
  'dies in a frame': () => write(Buffer.concat([encodeFrameHeader(CHUNK_TYPE, 100), Buffer.alloc(10)])),
  'dies in a header': () => write(Buffer.alloc(3)),
  'promises four gigabytes': () => hangAfter(encodeFrameHeader(CHUNK_TYPE, FOUR_GIGABYTES)),
  'promises much and falls silent': () => hangAfter(encodeFrameHeader(CHUNK_TYPE, MUCH_BYTES)),
  'says nonsense': () => forever(() => write(Buffer.alloc(BLOCK_BYTES, 0xa5))),
  'says what nobody asked': () => answer({ kind: 'tokens', bytes: Buffer.from('x') }),
  'says empty chunks without end': () => flood({ kind: 'chunk', column: 0, bytes: emptyChunk() }),
  'says progress without end': () => flood({ kind: 'progress', rows: 0, bytes: 0 }),
  'goes on after its end': () => {
    answer({ kind: 'unparsed', reason: 'syntax', position: null });
    forever(() => answer({ kind: 'ready' }));
  },
  'fails in words of its own': () =>
    write(Buffer.concat([encodeFrameHeader(9, 33), Buffer.from('{"code":"ana@example.com","x":12}')])),
  'never reads': () => {
    for (let from = 0; from < 8; from += 1) answer({ kind: 'want', from, to: from + MUCH_BYTES });
    hangAfter(new Uint8Array(0));
  },
  'computes without end': () => forever(() => {}),
  'fills its heap': () => {
    const kept: number[][] = [];
    forever(() => kept.push(Array.from({ length: 10_000 }, (_, index) => index + kept.length)));
  },
  'ends without a word': () => {},
};
deeds[deedOf(message)]?.();
process.exit(0);

// The text of a job, or the name of an upload's first column.
function deedOf(asked: HostMessage): string {
  if (asked.kind !== 'job') return '';
  if ('sql' in asked.job) return asked.job.sql;
  return asked.job.kind === 'ingest' ? (asked.job.columns[0]?.name ?? '') : '';
}

function emptyChunk(): Uint8Array {
  return encodeColumnChunk({ type: { kind: 'integer' }, rowCount: 0, validity: null, values: new BigInt64Array(0) });
}

function forever(deed: () => unknown): never {
  for (;;) deed();
}

function flood(said: WorkerMessage): never {
  const { type, payload } = encodeWorkerMessage(said);
  const frame = Buffer.concat([encodeFrameHeader(type, payload.byteLength), payload]);
  const many = Buffer.concat(Array.from({ length: Math.ceil(BLOCK_BYTES / frame.length) }, () => frame));
  return forever(() => write(many));
}

function hangAfter(bytes: Uint8Array): never {
  write(bytes);
  return forever(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += fs.writeSync(ANSWER_FD, bytes, at);
}
