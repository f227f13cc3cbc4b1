import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POINT_BYTES, pointOfDigest, scalarFor, sortPoints, times } from '../../../points/index.ts';
import { MULTIPLES_COUNT } from '../../wire/matching.ts';
import { countHidden, hideDigests } from './hidden-set.ts';

const PADDING_COUNT = 5;
const onStep = () => {};

const digestOf = (person: number): Uint8Array => {
  const digest = Buffer.alloc(32);
  digest.writeUInt32BE(person);
  return digest;
};

const cut = (points: Uint8Array): Uint8Array[] =>
  Array.from({ length: points.byteLength / POINT_BYTES }, (_, i) =>
    points.slice(i * POINT_BYTES, (i + 1) * POINT_BYTES),
  );

/** One session between an honest service and a client that may do as it likes with the points. */
function session(persons: readonly number[], padding = PADDING_COUNT) {
  const secret = randomBytes(32);
  const scalar = scalarFor(randomBytes(32), 'client');
  const hidden = hideDigests(
    { count: persons.length, at: (index) => digestOf(persons[index] ?? 0) },
    { secret, identifier: 'email', padding, onStep },
  );
  const raise = (points: readonly Uint8Array[]) => points.map((point) => times(scalar, point));
  const own = (list: readonly number[]) => raise(list.map((person) => pointOfDigest(digestOf(person), 'email')));
  const count = (raised: readonly Uint8Array[], mine: readonly Uint8Array[]) =>
    countHidden(sortPoints(Buffer.concat(raised)), sortPoints(Buffer.concat(mine)), { secret, onStep });
  return { scalar, hidden: cut(hidden), raise, own, count };
}

describe('a match without showing', () => {
  const people = fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 12 });

  it('counts who is in both, whoever they are', () => {
    fc.assert(
      fc.property(people, people, (theirs, mine) => {
        const { hidden, raise, own, count } = session(theirs);
        expect(count(raise(hidden), own(mine))).toBe(mine.filter((person) => theirs.includes(person)).length);
      }),
      { numRuns: 12 },
    );
  });

  it('shows as many points as there are persons and padding, and none of them twice in any session', () => {
    const [first, second] = [session([1, 2, 3]), session([1, 2, 3])];
    expect(first.hidden).toHaveLength((3 + PADDING_COUNT) * MULTIPLES_COUNT);
    const all = [...first.hidden, ...second.hidden].map((point) => Buffer.from(point).toString('hex'));
    expect(new Set(all).size).toBe(all.length);
  });

  it('is ended by a point too few, one twice, and one that nobody was given', () => {
    const { hidden, raise, own, count } = session([1, 2]);
    const raised = raise(hidden);
    expect(() => count(raised.slice(1), own([1]))).toThrow();
    expect(() => count([...raised.slice(1), raised[1] as Uint8Array], own([1]))).toThrow();
    expect(() => count([...raised.slice(1), ...own([9])], own([1]))).toThrow();
    expect(() => count(raised, [...own([1]), ...own([1])])).toThrow();
  });

  it('is ended by any set of points that is treated otherwise, unless it is all multiples of a person', () => {
    const { hidden, raise, own, count } = session([1], 0);
    const raised = raise(hidden);
    const other = scalarFor(randomBytes(32), 'other');
    // All that there is, under another scalar, is no cheat: it is only a client with another secret.
    const elsewhere = hidden.map((point) => times(other, point));
    expect(count(elsewhere, [times(other, pointOfDigest(digestOf(1), 'email'))])).toBe(1);
    for (let index = 0; index < MULTIPLES_COUNT; index += 1) {
      const mixed = raised.map((point, at) => (at === index ? (elsewhere[at] as Uint8Array) : point));
      expect(() => count(mixed, own([1]))).toThrow();
    }
  });
});
