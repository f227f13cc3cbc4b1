import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loggableShapes } from './loggable-shape.ts';

it('a shape that fits an entry stays as it is', () => {
  const shape = ['select count(*) from m where arm in (?, ?)', `select "${'x'.repeat(5_000)}"`, ''];
  expect(loggableShapes(shape)).toEqual(shape);
});

it('a shape that does not fit is named by digests, its short texts not', () => {
  const long = `select ${'?, '.repeat(20_000)}`;
  const digest = createHash('sha256').update(long).digest('hex');
  expect(loggableShapes(['select 1', long])).toEqual(['select 1', `sha256 ${digest}`]);
});

it('whatever was asked, its shape leaves half of the entry to what else is said', () => {
  const text = fc.string({ unit: 'binary', maxLength: 600 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 0, maxLength: 201 }), (texts) => {
      expect(Buffer.byteLength(JSON.stringify(loggableShapes(texts)))).toBeLessThan(33_500);
    }),
  );
});
