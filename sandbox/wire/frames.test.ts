import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodeFrameHeader, FrameError, readFrames } from './frames.ts';
import {
  decodeWorkerMessage,
  encodeWorkerMessage,
  MAX_MESSAGE_BYTES,
  maxWorkerFrameBytes,
  type WorkerMessage,
} from './messages.ts';

async function* inParts(bytes: Uint8Array, partBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += partBytes) yield bytes.subarray(at, at + partBytes);
}

async function readAll(bytes: Uint8Array, partBytes = 7): Promise<WorkerMessage[]> {
  const messages: WorkerMessage[] = [];
  for await (const frame of readFrames(inParts(bytes, partBytes), maxWorkerFrameBytes)) {
    messages.push(decodeWorkerMessage(frame));
  }
  return messages;
}

function framesOf(messages: readonly WorkerMessage[]): Uint8Array {
  return Buffer.concat(
    messages.flatMap((message) => {
      const { type, payload } = encodeWorkerMessage(message);
      return [encodeFrameHeader(type, payload.byteLength), payload];
    }),
  );
}

const MESSAGES: WorkerMessage[] = [
  { kind: 'ready' },
  { kind: 'tree', text: '{"é":1}' },
  { kind: 'unparsed', reason: 'syntax', position: 7 },
  { kind: 'unparsed', reason: 'not-select', position: null },
  { kind: 'checked', faults: [{ rule: 'name-not-known', line: 1, column: null, subject: 'fetch' }] },
  { kind: 'columns', columns: [{ name: 'n', kind: 'integer' }] },
  { kind: 'chunk', column: 3, bytes: Uint8Array.of(1, 2, 3) },
  { kind: 'rejects', rejects: [{ line: 2, column: 'email', reason: 'not-an-identifier' }] },
  { kind: 'progress', rows: 1, bytes: 2 },
  { kind: 'tokens', bytes: Uint8Array.of(4, 5) },
  { kind: 'part', rows: 70_000 },
  { kind: 'done', rows: 5, rejected: 1 },
  { kind: 'done', rows: 5, rejected: 0, peakBytes: 90_000_000 },
  { kind: 'failed', code: 'INPUT_REFUSED', reason: 'empty' },
];

describe('frames', () => {
  it('carry every message of a worker, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (partBytes) => {
        expect(await readAll(framesOf(MESSAGES), partBytes)).toEqual(MESSAGES);
      }),
      { numRuns: 20 },
    );
  });

  it('are refused by their announced length before any of it is kept', async () => {
    const header = encodeFrameHeader(0, MAX_MESSAGE_BYTES + 1);
    await expect(readAll(header)).rejects.toThrow(FrameError);
  });

  it('are refused when their type is unknown', async () => {
    await expect(readAll(encodeFrameHeader(10, 0))).rejects.toThrow(FrameError);
  });

  it('are refused when the bytes end inside one', async () => {
    await expect(readAll(framesOf(MESSAGES).subarray(0, -1))).rejects.toThrow(FrameError);
  });
});

describe('worker message', () => {
  it.each([
    [9, '{"code":"Could not convert string","reason":null}'],
    [9, '{"code":"RUN_FAILED","reason":"row 5 holds ana@example.com"}'],
    [9, '{"code":"RUN_FAILED"}'],
    [8, '{"rows":-1,"rejected":0}'],
    [8, '{"rows":1e300,"rejected":0}'],
    [5, '{"rejects":[{"line":1,"column":"a","reason":"ana@example.com"}]}'],
    [3, '{"columns":[{"name":"a","kind":"blob"}]}'],
    [2, '{"reason":"syntax error at or near","position":null}'],
    [2, '{"reason":"syntax","position":"7; drop"}'],
    [0, 'null'],
    [0, 'not json'],
    [1, '\xff'],
  ])('of type %i is refused when it says %s', (type, text) => {
    expect(() => decodeWorkerMessage({ type, payload: Buffer.from(text, 'latin1') })).toThrow(FrameError);
  });

  it('is a message of the union or a frame error, whatever the bytes', () => {
    return fc.assert(
      fc.property(fc.nat(12), fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (type, payload) => {
        try {
          expect(decodeWorkerMessage({ type, payload }).kind).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
    );
  });
});
