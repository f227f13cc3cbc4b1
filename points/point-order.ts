import { POINT_BYTES } from './group.ts';

// Points are sorted by their first bytes and their index, packed into one number: the engine sorts those natively, which
// takes a tenth of the time of a comparison written here.
const KEY_BYTES = 5;
const INDEX_BITS = 24n;
/** Most points that are sorted at once: what the index in a sort key can tell apart. */
const MAX_SORTED_POINTS_COUNT = 2 ** Number(INDEX_BITS);

/**
 * Points in rising order of their bytes: an order that follows from the points alone, so that it says nothing of the
 * rows they come from.
 */
export function sortPoints(points: Uint8Array): Uint8Array {
  const count = points.byteLength / POINT_BYTES;
  if (count > MAX_SORTED_POINTS_COUNT) throw new RangeError('too many points to sort');
  const view = Buffer.from(points.buffer, points.byteOffset, points.byteLength);
  const keys = new BigUint64Array(count);
  for (let index = 0; index < count; index += 1) {
    keys[index] = (BigInt(view.readUIntBE(index * POINT_BYTES, KEY_BYTES)) << INDEX_BITS) | BigInt(index);
  }
  keys.sort();
  const order = Array.from(keys, (key) => Number(key & ((1n << INDEX_BITS) - 1n)));
  settleTies(view, keys, order);
  const sorted = new Uint8Array(points.byteLength);
  order.forEach((from, to) => {
    sorted.set(points.subarray(from * POINT_BYTES, (from + 1) * POINT_BYTES), to * POINT_BYTES);
  });
  return sorted;
}

/** Points with equal beginnings are rare neighbours: each run of them is put in order by all bytes. */
function settleTies(view: Buffer, keys: BigUint64Array, order: number[]): void {
  const startOf = (at: number): bigint => (keys[at] as bigint) >> INDEX_BITS;
  const compare = (a: number, b: number): number =>
    view.compare(view, b * POINT_BYTES, (b + 1) * POINT_BYTES, a * POINT_BYTES, (a + 1) * POINT_BYTES);
  for (let from = 0; from < order.length; ) {
    let until = from + 1;
    while (until < order.length && startOf(until) === startOf(from)) until += 1;
    if (until - from > 1) {
      const run = order.slice(from, until).sort(compare);
      run.forEach((index, offset) => {
        order[from + offset] = index;
      });
    }
    from = until;
  }
}

/** Points in rising order, looked up by their bytes. */
export class PointList {
  readonly #points: Buffer;
  readonly count: number;

  /** @throws {RangeError} when a point is there twice, or out of its place: a second copy would count twice */
  constructor(sorted: Uint8Array) {
    this.#points = Buffer.from(sorted.buffer, sorted.byteOffset, sorted.byteLength);
    this.count = sorted.byteLength / POINT_BYTES;
    for (let index = 1; index < this.count; index += 1) {
      if (this.#compare(index - 1, this.#points, index * POINT_BYTES) >= 0) {
        throw new RangeError('points are not in rising order');
      }
    }
  }

  /** The bytes of one point. */
  at(index: number): Uint8Array {
    return this.#points.subarray(index * POINT_BYTES, (index + 1) * POINT_BYTES);
  }

  /** The place of a point, or -1. */
  indexOf(point: Uint8Array): number {
    const wanted = Buffer.from(point.buffer, point.byteOffset, point.byteLength);
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(middle, wanted, 0);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #compare(index: number, other: Buffer, otherStart: number): number {
    const start = index * POINT_BYTES;
    return this.#points.compare(other, otherStart, otherStart + POINT_BYTES, start, start + POINT_BYTES);
  }
}
