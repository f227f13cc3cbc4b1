import { setImmediate as turn } from 'node:timers/promises';
import { POINT_BYTES, pointOfDigest, sortPoints, times } from '../../points/index.ts';

/** Points between two pauses: while it multiplies a client must still answer that it is there. */
const PAUSE_POINTS_COUNT = 256;

/** Says how many points more are done. */
export type OnPoints = (count: number) => void;

/** The points of digests under a secret, in the order of their bytes: nobody learns from them what they are of. */
export async function hideOwn(
  digests: readonly Uint8Array[],
  { secret, identifier }: { readonly secret: Uint8Array; readonly identifier: string },
  onPoints: OnPoints,
): Promise<Uint8Array> {
  return await each(digests.length, onPoints, (index) =>
    times(secret, pointOfDigest(digests[index] as Uint8Array, identifier)),
  );
}

/** Points times a secret, in the order of their bytes: nobody can tell which is which. */
export async function raisePoints(points: Uint8Array, secret: Uint8Array, onPoints: OnPoints): Promise<Uint8Array> {
  return await each(points.byteLength / POINT_BYTES, onPoints, (index) =>
    times(secret, points.subarray(index * POINT_BYTES, (index + 1) * POINT_BYTES)),
  );
}

async function each(count: number, onPoints: OnPoints, pointAt: (index: number) => Uint8Array): Promise<Uint8Array> {
  const made = new Uint8Array(count * POINT_BYTES);
  for (let from = 0; from < count; from += PAUSE_POINTS_COUNT) {
    const until = Math.min(count, from + PAUSE_POINTS_COUNT);
    for (let index = from; index < until; index += 1) made.set(pointAt(index), index * POINT_BYTES);
    onPoints(until - from);
    await turn();
  }
  return sortPoints(made);
}
