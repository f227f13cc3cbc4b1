import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestName, slips } from './nearest-name.ts';

describe('the nearest name', () => {
  it.each([
    ['spnd', ['email', 'visit', 'spend', 'zip'], 'spend'],
    ['amuont', ['amount', 'category'], 'amount'],
    ['arm', ['arms', 'email'], 'arms'],
    ['zip', ['email', 'visit'], null],
    ['n', ['m', 'k'], null],
    ['visits', ['visita', 'visitb'], null],
    ['colour', ['column', 'arm'], null],
  ])('of %s among %j is %j', (written, names, meant) => {
    expect(nearestName(written, names)).toBe(meant);
  });
  it('is as many slips away in both directions, none from itself and at most the longer word', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '上'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(slips(a, b)).toBe(slips(b, a));
        expect(slips(a, a)).toBe(0);
        expect(slips(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
