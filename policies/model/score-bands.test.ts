import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutFor, edgesFrom, fromTheTop, type Ranking } from './score-bands.ts';

const ranking: Ranking = {
  source: { sql: 'SELECT a FROM b', identity: 'a' },
  score: '1',
  low: 0,
  high: 239,
  isWhole: true,
  without: null,
};
const rowOf = (band: number, n: number) => ({ band, n, n_ci95_low: n - 10, n_ci95_high: n + 10 });
const rows = fc.array(fc.integer({ min: -30, max: 4_000 }), { minLength: 26, maxLength: 26 });

describe('places to cut at', () => {
  it('ascend, lie within the scores and are whole where scores are', () => {
    fc.assert(
      fc.property(rows, (counts) => {
        const edges = edgesFrom(
          ranking,
          counts.map((n, band) => rowOf(band, n)),
          20,
        );
        expect(edges).toEqual([...new Set(edges)].toSorted((a, b) => a - b));
        expect(edges.every((edge) => Number.isInteger(edge) && edge >= 0 && edge <= 250)).toBe(true);
      }),
    );
  });

  it('have at least as many persons between them as show', () => {
    // A thousand persons in each band: by the first count, ten scores wide, persons lie a hundred to a score.
    const edges = edgesFrom(
      ranking,
      Array.from({ length: 24 }, (_, band) => rowOf(band + 1, 1_000)),
      100,
    );
    const between = edges.slice(1).map((edge, index) => 100 * (edge - (edges[index] ?? 0)));
    expect(Math.min(...between)).toBeGreaterThanOrEqual(200);
  });
});

describe('persons from the top', () => {
  it('never fall from one place to the next lower one, whatever the noise', () => {
    fc.assert(
      fc.property(rows, (counts) => {
        const edges = counts.slice(1).map((_, index) => index * 10);
        const sums = fromTheTop(
          edges,
          counts.map((n, band) => rowOf(band, n)),
          20,
        ).map((c) => c.persons);
        expect(sums).toEqual(sums.toSorted((a, b) => a - b));
      }),
    );
  });

  it('are those of all bands above where nothing falls', () => {
    const sums = fromTheTop([10, 20, 30], [rowOf(1, 5), rowOf(2, 7), rowOf(3, 9), rowOf(0, 100)], 20);
    expect(sums.map(({ score, persons }) => [score, Math.round(persons)])).toEqual([
      [30, 9],
      [20, 16],
      [10, 21],
    ]);
    expect(cutFor(sums, 15)?.score).toBe(20);
    expect(cutFor([], 15)).toBeNull();
  });
});
