// A client in a match without showing multiplies the service's points by a secret and gives them back. One that departs
// from this could let one person count many times: it sends several multiples of the person's own point, and gives the
// person's hidden point back under each of them in the place of others. The noise hides one person more or less, and
// would drown in fifty.
//
// The wall: each person stands among the points three times, under secret multiples, and what comes back must fall into
// such triples again. To name one triple a client must find it among all sets of three, and all points look alike. Their
// least number follows from the delta that is charged for this (decision 23). Whatever else a client sends changes only
// what it asks about, and then one person changes the count by one.
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POINT_BYTES, pointOfDigest, scalarFor, sortPoints, times } from '../../points/index.ts';
import { MULTIPLES_COUNT, openWall, type Wall, WallError } from '../../sandbox/index.ts';
import { column, takeAll } from '../../sandbox/testkit/index.ts';

const LIMITS = { deadlineMs: 120_000 };
const TIMEOUT_MS = 300_000;
const KIND = 'email' as const;
const PADDING_COUNT = 40;
/** Against three points in a hundred and twenty and more: one chance in three hundred thousand each. */
const GUESSES_COUNT = 6;
const COPIES_COUNT = 12;
const RUN_FAILED = new WallError('RUN_FAILED');

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ spareCount: 2, engine: 'cold' });
}, TIMEOUT_MS);
afterAll(() => wall.close());

const digestOf = (person: number): Buffer => createHash('sha256').update(`person ${person}`).digest();
const pointOf = (person: number): Uint8Array => pointOfDigest(digestOf(person), KIND);
const scalars = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => scalarFor(randomBytes(32), `${i}`));
const cut = (points: Uint8Array): Uint8Array[] =>
  Array.from({ length: points.length / POINT_BYTES }, (_, i) =>
    points.subarray(i * POINT_BYTES, (i + 1) * POINT_BYTES),
  );

/** One session: the points as a client gets them, and its answer counted. */
async function session(persons: readonly number[]) {
  const secret = randomBytes(32);
  const job = {
    secret,
    identifier: KIND,
    sample: { oneIn: 1, remainder: 0 },
    padding: PADDING_COUNT,
    maxBaseCount: 1_000,
    personChunks: column('p', { kind: 'person' }, persons.map(BigInt)).chunks,
    digestChunks: column(
      'd',
      { kind: 'digest' },
      persons.map((person) => digestOf(person).toString('base64')),
    ).chunks,
  };
  const last = (await takeAll(wall.hidePoints(job, LIMITS))).at(-1);
  if (last?.kind !== 'points') throw new Error('no points came');
  const count = async (raised: readonly Uint8Array[], own: readonly Uint8Array[]): Promise<bigint> => {
    const lists = { raised: sortPoints(Buffer.concat(raised)), own: sortPoints(Buffer.concat(own)) };
    const counted = (await takeAll(wall.countMatches({ secret, ...lists }, LIMITS))).at(-1);
    if (counted?.kind !== 'count') throw new Error('no count came');
    return counted.count;
  };
  return { secret, points: cut(last.points), count };
}

/** As many of all points as there must be: the multiples of the named ones, in the place of others. */
function copiesOf(
  named: readonly Uint8Array[],
  points: readonly Uint8Array[],
  multiples: readonly Uint8Array[],
): Uint8Array[] {
  const copies = multiples.flatMap((multiple) => named.map((point) => times(multiple, point)));
  return copies.slice(0, points.length);
}

describe('one person counted many times', () => {
  it(
    'is what a client would have that knew which points are theirs',
    async () => {
      const { secret, points, count } = await session([1]);
      // What no client has: the service's own secret.
      const base = times(scalarFor(secret, 'hiding'), pointOf(1));
      const multipliers = Array.from({ length: MULTIPLES_COUNT - 1 }, (_, i) => scalarFor(secret, `multiplier ${i}`));
      const triple = [base, ...multipliers.map((multiplier) => times(multiplier, base))];
      const multiples = scalars(points.length / MULTIPLES_COUNT);
      const own = multiples.map((multiple) => times(multiple, pointOf(1)));
      expect(await count(copiesOf(triple, points, multiples), own)).toBe(BigInt(multiples.length));
    },
    TIMEOUT_MS,
  );

  it(
    'is beyond whoever guesses the points',
    async () => {
      const { points, count } = await session([1]);
      const multiples = scalars(points.length / MULTIPLES_COUNT);
      const own = multiples.map((multiple) => times(multiple, pointOf(1)));
      for (let guess = 0; guess < GUESSES_COUNT; guess += 1) {
        const at = [0, 7, 19].map((offset) => points[(guess * 11 + offset) % points.length] as Uint8Array);
        await expect(count(copiesOf(at, points, multiples), own)).rejects.toEqual(RUN_FAILED);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'is beyond whoever treats a few points otherwise than the rest',
    async () => {
      const { points, count } = await session([1, 2]);
      const [mine, other] = scalars(2) as [Uint8Array, Uint8Array];
      const own = [times(mine, pointOf(1)), times(other, pointOf(1))];
      for (let from = 0; from < GUESSES_COUNT; from += 1) {
        const raised = points.map((point, index) => times(index >= from && index < from + 3 ? other : mine, point));
        await expect(count(raised, own)).rejects.toEqual(RUN_FAILED);
      }
    },
    TIMEOUT_MS,
  );
});

describe('a list made for the purpose', () => {
  it(
    'changes only its own question: a person more or less changes the count by one at most',
    async () => {
      const multiples = scalars(COPIES_COUNT);
      const counts: bigint[] = [];
      for (const persons of [
        [1, 2, 3],
        [2, 3],
      ]) {
        const { points, count } = await session(persons);
        const [mine] = multiples as [Uint8Array];
        // The target's point under many secrets, and points that were made of the service's own.
        const strange = points.slice(0, COPIES_COUNT).map((point) => times(mine, point));
        const own = [...multiples.map((multiple) => times(multiple, pointOf(1))), ...strange];
        counts.push(
          await count(
            points.map((point) => times(mine, point)),
            own,
          ),
        );
      }
      const [withThem = 0n, without = 0n] = counts;
      expect(withThem - without).toBe(1n);
    },
    TIMEOUT_MS,
  );
});

describe('points of another session', () => {
  it(
    'are worth nothing in this one, of the same persons though they are',
    async () => {
      const [first, second] = await Promise.all([session([1, 2]), session([1, 2])]);
      const [mine] = scalars(1) as [Uint8Array];
      const own = [1, 2].map((person) => times(mine, pointOf(person)));
      const raised = first.points.map((point) => times(mine, point));
      expect(await first.count(raised, own)).toBe(2n);
      await expect(second.count(raised, own)).rejects.toEqual(RUN_FAILED);
      const shared = new Set(first.points.map((point) => Buffer.from(point).toString('hex')));
      expect(second.points.filter((point) => shared.has(Buffer.from(point).toString('hex')))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
