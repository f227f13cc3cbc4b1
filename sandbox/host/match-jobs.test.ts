import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { column, takeAll } from '../testkit/tables.ts';
import { type CountMatchesEvent, type HidePointsEvent, type Wall, WallError } from '../wall.ts';
import type { Cell } from '../wire/column-type.ts';
import { MULTIPLES_COUNT } from '../wire/matching.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 60_000 };
const POINT_BYTES = 32;

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ spareCount: 1, engine: 'cold' });
});
afterAll(() => wall.close());

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');
const persons = (...cells: Cell[]) => column('person', { kind: 'person' }, cells).chunks;
const digests = (...texts: (string | null)[]) =>
  column(
    'digest',
    { kind: 'digest' },
    texts.map((text) => (text === null ? null : digest(text))),
  ).chunks;

describe('matchKinds', () => {
  it('counts a person once, by the first kind that both sides hold of them, and last those without any', async () => {
    // 1 shares both, 2 the telephone only, 3 nothing but the person, 4 and 5 are on one side only.
    const one = {
      personChunks: persons(1n, 1n, 2n, 3n, 4n, null),
      digestChunks: [digests('a1', null, 'a2', 'a3', 'a4', 'a9'), digests('p1', 'q1', 'p2', null, 'p4', 'p9')],
    };
    const other = {
      personChunks: persons(1n, 2n, 2n, 3n, 5n, null),
      digestChunks: [digests('a1', 'b2', null, 'b3', 'a4', 'a9'), digests('q1', 'p2', 'p2', 'p3', 'p4', 'p9')],
    };
    expect(await wall.matchKinds({ sides: [one, other] }, LIMITS)).toEqual([1n, 1n, 1n]);
  });
});

const hide = (job: Partial<Parameters<Wall['hidePoints']>[0]> = {}) =>
  takeAll(
    wall.hidePoints(
      {
        secret: randomBytes(32),
        identifier: 'email',
        sample: { oneIn: 1, remainder: 0 },
        padding: 4,
        maxBaseCount: 100,
        // One person with two identifiers, and two who share one.
        personChunks: persons(1n, 1n, 2n, 3n),
        digestChunks: digests('a', 'b', 'c', 'c'),
        ...job,
      },
      LIMITS,
    ),
  );

const pointsOf = (events: readonly HidePointsEvent[]): Uint8Array | null => {
  const last = events.at(-1);
  return last?.kind === 'points' ? last.points : null;
};

describe('hidePoints', () => {
  it('shows one identifier a person and each once, however many rows there are', async () => {
    expect(pointsOf(await hide())?.byteLength).toBe((2 + 4) * MULTIPLES_COUNT * POINT_BYTES);
  });

  it('shows a sample by the digests themselves, and together the samples are all', async () => {
    const samples = await Promise.all([0, 1, 2].map((remainder) => hide({ sample: { oneIn: 3, remainder } })));
    const counts = samples.map((events) => (pointsOf(events)?.byteLength ?? 0) / POINT_BYTES / MULTIPLES_COUNT - 4);
    const firstBytes = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0);
    // Persons 1 (of the two, whichever is sampled), 2 and 3 with one identifier between them.
    const expected = [0, 1, 2].map((remainder) => {
      const own = ['a', 'b'].some((text) => firstBytes(text) % 3 === remainder) ? 1 : 0;
      return own + (firstBytes('c') % 3 === remainder ? 1 : 0);
    });
    expect(counts).toEqual(expected);
  });

  it('says that there are too many, and makes none', async () => {
    const events = await hide({ maxBaseCount: 5 });
    expect(events).toEqual([{ kind: 'step', done: 0, total: 6 * MULTIPLES_COUNT }]);
  });
});

describe('countMatches', () => {
  it('answers points that are none, and points that do not fit together, with the one failure', async () => {
    const secret = randomBytes(32);
    const points = pointsOf(await hide({ secret })) as Uint8Array;
    const count = (raised: Uint8Array, own: Uint8Array): Promise<CountMatchesEvent[]> =>
      takeAll(wall.countMatches({ secret, raised, own }, LIMITS));
    const one = points.slice(0, POINT_BYTES);
    const nothing = new Uint8Array(0);
    // The points as they were sent fit together; what was added to them does not match by chance.
    expect((await count(points, one)).at(-1)).toEqual({ kind: 'count', count: 0n });
    const refused = [
      [points.slice(POINT_BYTES), one],
      [points, new Uint8Array(POINT_BYTES)],
      [points, Buffer.alloc(POINT_BYTES, 0xff)],
      [points, Buffer.concat([one, one])],
      [Buffer.concat([new Uint8Array(POINT_BYTES), points.slice(POINT_BYTES)]), nothing],
    ] as const;
    for (const [raised, own] of refused) await expect(count(raised, own)).rejects.toEqual(new WallError('RUN_FAILED'));
  });
});
