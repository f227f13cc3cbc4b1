import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerError } from './answer-error.ts';
import type { AnsweredGroup } from './peer-protocol.ts';
import type { PeerMeasure } from './peer-questions.ts';

const group = (name: string, persons: number, sum?: number): AnsweredGroup => ({
  key: [name],
  persons,
  ...(sum === undefined ? {} : { sum }),
});
const exact = [group('a', 100, 1_000), group('b', 200, 2_000), group('c', 400, 4_000)];

const errorOf = (measures: readonly PeerMeasure[], answered: readonly AnsweredGroup[], other = exact) =>
  answerError(measures, exact, { answered, other });

describe('the error of an answer', () => {
  it('is the relative error in the middle of the groups', () => {
    const answered = [group('c', 404), group('a', 90), group('b', 210)];
    expect(errorOf(['persons'], answered)).toEqual({ byMeasure: { persons: 0.05 }, worst: 0.05, groupsKept: 3 });
  });

  it('is that of the worst measure', () => {
    const answered = exact.map(({ key, persons, sum }) => ({ key, persons: persons ?? 0, sum: (sum ?? 0) * 0.5 }));
    expect(errorOf(['persons', 'sum'], answered)).toMatchObject({
      byMeasure: { persons: 0, sum: 0.5 },
      worst: 0.5,
    });
  });

  it('is whole for a group that shows nothing', () => {
    const answered: AnsweredGroup[] = [group('a', 100), { key: ['b'], persons: null }, { key: ['c'], persons: null }];
    expect(errorOf(['persons'], answered)).toMatchObject({ worst: 1, groupsKept: 3 });
  });

  it('is that of the groups which the other side shows too, so that nobody gains by keeping groups back', () => {
    const answered = [group('a', 50), group('b', 200), group('c', 400)];
    expect(errorOf(['persons'], answered, [group('a', 99)])).toMatchObject({ worst: 0.5, groupsKept: 3 });
    expect(errorOf(['persons'], [group('a', 99)], answered)).toMatchObject({ groupsKept: 1 });
  });

  it('is no number where both show no group', () => {
    expect(errorOf(['persons'], [group('a', 100)], [group('b', 200)])).toMatchObject({
      worst: Number.NaN,
      groupsKept: 1,
    });
  });

  it('does not count groups that there are not', () => {
    const made = { key: ['made up'], persons: 5 };
    expect(errorOf(['persons'], [...exact, made], [...exact, made])).toMatchObject({ worst: 0, groupsKept: 3 });
  });

  it('does not follow from the order of groups', () => {
    const answers = fc.array(fc.double({ min: 0, max: 1_000, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(answers, (values) => {
        const answered = exact.map(({ key }, index) => ({ key, persons: values[index] ?? 0 }));
        const sides = { answered: answered.toReversed(), other: exact };
        expect(answerError(['persons'], exact.toReversed(), sides)).toEqual(errorOf(['persons'], answered));
      }),
    );
  });

  it('is not made up for a measure that the exact answer lacks', () => {
    expect(() => errorOf(['median'], exact)).toThrow('without its measure');
  });
});
