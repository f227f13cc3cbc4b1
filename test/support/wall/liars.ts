import { type Wall, WallError } from '../../../sandbox/index.ts';
import {
  encodeFrameHeader,
  encodeWorkerMessage,
  type LiarsEnd,
  type WorkerMessage,
  wallOfLiars,
} from '../../../sandbox/testkit/index.ts';

/** The first word of a worker. */
export const READY: WorkerMessage = { kind: 'ready' };

/** The last word of a worker. */
export function done(rows: number, rejected = 0): WorkerMessage {
  return { kind: 'done', rows, rejected };
}

/** A frame, which may promise more than it holds. */
export function frame(type: number, payload: Uint8Array, promisedBytes = payload.byteLength): Uint8Array {
  return Buffer.concat([encodeFrameHeader(type, promisedBytes), payload]);
}

/** Messages as a worker says them. */
export function said(...messages: WorkerMessage[]): Uint8Array {
  return Buffer.concat(
    messages.map((message) => {
      const { type, payload } = encodeWorkerMessage(message);
      return frame(type, payload);
    }),
  );
}

/** A message whose fields are whatever a liar writes. */
export function raw(kind: Exclude<WorkerMessage['kind'], 'chunk' | 'tree'>, fields: unknown): Uint8Array {
  const { type } = encodeWorkerMessage({ kind } as WorkerMessage);
  return frame(type, Buffer.from(typeof fields === 'string' ? fields : JSON.stringify(fields)));
}

/** What the host makes of a worker's answer. */
export async function fateOf(
  answer: Uint8Array,
  end: LiarsEnd,
  ask: (wall: Wall) => Promise<unknown>,
): Promise<unknown> {
  const wall = wallOfLiars(answer, end);
  try {
    return await ask(wall);
  } catch (error) {
    if (error instanceof WallError) return error.reason === undefined ? error.code : `${error.code} ${error.reason}`;
    return error;
  } finally {
    await wall.close();
  }
}
