import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POINT_BYTES, randomPoint } from './group.ts';
import { PointList, sortPoints } from './point-order.ts';

describe('points in order', () => {
  // Few different bytes, so that beginnings are alike.
  const alike = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32, max: 1 }), { maxLength: 40 });

  it('are those that came, by their bytes, whatever order they came in', () => {
    fc.assert(
      fc.property(alike, (points) => {
        const sorted = Buffer.from(sortPoints(Buffer.concat(points)));
        const expected = points.map((p) => Buffer.from(p)).sort(Buffer.compare);
        expect(sorted.equals(Buffer.concat(expected))).toBe(true);
      }),
    );
  });

  it('are found where they are, and nowhere else', () => {
    const points = Array.from({ length: 100 }, () => randomPoint());
    const list = new PointList(sortPoints(Buffer.concat(points)));
    for (const point of points) expect(list.at(list.indexOf(point))).toEqual(Buffer.from(point));
    expect(list.indexOf(randomPoint())).toBe(-1);
  });

  it('are refused with one there twice, or out of its place', () => {
    const points = Array.from({ length: 9 }, () => randomPoint());
    const sorted = Buffer.from(sortPoints(Buffer.concat(points)));
    expect(() => new PointList(Buffer.concat([sorted, sorted.subarray(-POINT_BYTES)]))).toThrow();
    expect(
      () => new PointList(Buffer.concat([sorted.subarray(POINT_BYTES), sorted.subarray(0, POINT_BYTES)])),
    ).toThrow();
  });
});
