import { beforeAll, describe, expect, it } from 'vitest';
import {
  askPeople,
  describe as describeSql,
  kindsOf,
  loadPeople,
  peopleSource,
} from '../../test/support/model-people.ts';
import { type CodedFeature, marginsSql, spaceOf } from './cluster-space.ts';
import { clusterSql, type Point, profileSql, roundSql } from './cluster-sql.ts';
import { featureOf } from './feature-codes.ts';
import { gatheredPoints, movedPoints, startingPoints } from './lloyd.ts';
import { clusterFigures } from './model-figures.ts';

const PEOPLE = 10_000;
let features: readonly CodedFeature[];

beforeAll(async () => {
  await loadPeople(PEOPLE);
  const { columns } = await describeSql(peopleSource.sql);
  features = columns.flatMap((column): CodedFeature[] => {
    const feature = featureOf(column);
    return typeof feature === 'string' || feature.kind === 'texts' ? [] : [feature];
  });
});

describe('clusters at an epsilon of 1', () => {
  it('find the hidden kinds, and their profiles say which is which', async () => {
    const space = spaceOf(features, await askPeople(marginsSql(peopleSource, features), 0.35));
    const round = async (points: readonly Point[]) =>
      movedPoints(points, await askPeople(roundSql(peopleSource, space, points), 0.35));
    let found = await round(startingPoints(space, 3));
    found = await round(found.map(({ point }) => point));
    let points = gatheredPoints(found, 3);
    for (let again = 0; again < 2; again += 1) points = (await round(points)).map(({ point }) => point);
    const kinds = [];
    for (const cluster of [0, 1, 2]) kinds.push(await kindsOf(clusterSql(peopleSource, space, { points, cluster })));
    // Everybody is in exactly one.
    expect(kinds.flat().reduce((sum, n) => sum + n, 0)).toBe(PEOPLE);
    const alike = kinds.reduce((sum, counts) => sum + Math.max(...counts), 0);
    expect(alike / PEOPLE).toBeGreaterThan(0.8);
    const figures = clusterFigures(
      features,
      await askPeople(profileSql(peopleSource, space, { points, features }), 0.45),
    );
    const rich = kinds.findIndex(([first, second, third]) => first > second && first > third);
    const north = figures.find((f) => f.part === rich && f.feature === 'city' && f.value === 'north');
    const all = figures.find((f) => f.part === rich && f.feature === '');
    expect((north?.number ?? 0) / (all?.number ?? 1)).toBeGreaterThan(0.5);
  });
});

describe('points that were found', () => {
  const heaps = [
    [-40, -40],
    [40, -40],
    [0, 40],
  ];

  it('are put together by where persons lie, wherever a start would have begun', () => {
    const found = heaps.flatMap(([x = 0, y = 0]) =>
      [-5, 0, 5].map((by) => ({ point: [x + by, y - by], persons: 100 + by })),
    );
    const points = gatheredPoints(found, 3);
    for (const [x = 0, y = 0] of heaps) {
      expect(points.some(([px = 99, py = 99]) => Math.abs(px - x) < 3 && Math.abs(py - y) < 3)).toBe(true);
    }
  });

  it('are as many as wanted where hardly anybody showed', () => {
    expect(
      gatheredPoints(
        [
          { point: [1, 2], persons: 0 },
          { point: [3, 4], persons: 0 },
        ],
        2,
      ),
    ).toHaveLength(2);
  });

  it('stay where they are when no group showed', () => {
    expect(movedPoints([[7, -7]], [])).toEqual([{ point: [7, -7], persons: 0 }]);
  });
});
