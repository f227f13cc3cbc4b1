import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSql } from '../../test/support/engine.ts';
import { readFunctionSignature } from './read-function-signature.ts';

const good = {
  name: 'churn_2',
  parameters: [
    { name: 'visits', kind: 'integer', values: null },
    { name: 'tier', kind: 'text', values: ['low', 'high'] },
    { name: 'last_seen', kind: 'timestamp' },
  ],
  returns: { kind: 'number', scale: 3, min: -1000n, max: 1000n },
};
const labels = { kind: 'label', labels: ['stays', '流失', 'leaves'] };

const pathsOf = (definition: unknown): readonly string[] => {
  const read = readFunctionSignature(definition);
  return read.ok ? [] : read.faults.map((f) => f.path);
};

describe('the signature of a scoring function', () => {
  it('is read with what was left out', () => {
    const read = readFunctionSignature(good);
    expect(read).toEqual({
      ok: true,
      signature: { ...good, parameters: [...good.parameters.slice(0, 2), { ...good.parameters[2], values: null }] },
    });
  });

  it.each([
    ['bigints', -5n, 5n],
    ['whole numbers', -5, 5],
    ['their text', '-5', '5'],
    ['one number alone', 5n, 5n],
    ['18 digits', -(10n ** 18n - 1n), '999999999999999999'],
  ])('has ends as %s', (_, min, max) => {
    const read = readFunctionSignature({ ...good, returns: { kind: 'number', scale: 0, min, max } });
    expect(read).toMatchObject({ ok: true, signature: { returns: { min: BigInt(min), max: BigInt(max) } } });
  });

  it('gives labels of any script', () => {
    expect(readFunctionSignature({ ...good, returns: labels })).toMatchObject({
      ok: true,
      signature: { returns: labels },
    });
  });

  const number = (fields: object): object => ({ ...good, returns: { ...good.returns, ...fields } });
  const given = (fields: object): object => ({ ...good, parameters: [{ name: 'x', kind: 'text', ...fields }] });
  const many = (count: number, of: (i: number) => unknown): unknown[] => Array.from({ length: count }, (_, i) => of(i));
  it.each([
    ['no object', 'churn', ''],
    ['a field that is not known', { ...good, code: '' }, '/code'],
    ['a name in capitals', { ...good, name: 'Churn' }, '/name'],
    ['a name with a dot', { ...good, name: 'isv.churn' }, '/name'],
    ['a name that is too long', { ...good, name: 'c'.repeat(64) }, '/name'],
    ['a name that the grammar takes for itself', { ...good, name: 'if' }, '/name'],
    ['no parameters', { ...good, parameters: [] }, '/parameters'],
    ['too many parameters', { ...good, parameters: many(33, (i) => ({ name: `p${i}`, kind: 'text' })) }, '/parameters'],
    [
      'two parameters of one name',
      { ...good, parameters: many(2, () => ({ name: 'x', kind: 'text' })) },
      '/parameters/1/name',
    ],
    ['a parameter without a name', given({ name: '' }), '/parameters/0/name'],
    ['a parameter that is a person', given({ kind: 'person' }), '/parameters/0/kind'],
    ['values of a number', given({ kind: 'number', values: ['1'] }), '/parameters/0/values'],
    ['no values', given({ values: [] }), '/parameters/0/values'],
    ['too many values', given({ values: many(257, String) }), '/parameters/0/values'],
    ['a value twice', given({ values: ['a', 'a'] }), '/parameters/0/values/1'],
    ['a value that is no text', given({ values: ['a', 1] }), '/parameters/0/values/1'],
    ['a result of another kind', number({ kind: 'text' }), '/returns/kind'],
    ['no result', { ...good, returns: null }, '/returns'],
    ['too many digits', number({ scale: 10 }), '/returns/scale'],
    ['half a digit', number({ scale: 0.5 }), '/returns/scale'],
    ['ends that are turned around', number({ min: 2n, max: 1n }), '/returns/max'],
    ['an end beyond 18 digits', number({ max: 10n ** 18n }), '/returns/max'],
    ['an end that is a fraction', number({ min: 0.5 }), '/returns/min'],
    ['an end that is no number', number({ min: '1e3' }), '/returns/min'],
    ['a number with labels', number({ labels: ['a'] }), '/returns/labels'],
    ['a label with ends', { ...good, returns: { ...labels, min: 0n } }, '/returns/min'],
    ['no labels', { ...good, returns: { kind: 'label', labels: [] } }, '/returns/labels'],
    ['an empty label', { ...good, returns: { kind: 'label', labels: [''] } }, '/returns/labels/0'],
    [
      'a label that is too long',
      { ...good, returns: { kind: 'label', labels: ['a'.repeat(65)] } },
      '/returns/labels/0',
    ],
    ['a label with a line end', { ...good, returns: { kind: 'label', labels: ['a\nb'] } }, '/returns/labels/0'],
    [
      'a label that turns text around',
      { ...good, returns: { kind: 'label', labels: ['a\u202eb'] } },
      '/returns/labels/0',
    ],
    ['half a character', { ...good, returns: { kind: 'label', labels: ['\ud800'] } }, '/returns/labels/0'],
  ])('is refused with its place for %s', (_, definition, path) => {
    expect(pathsOf(definition)).toContain(path);
  });

  it('is refused for everything at once', () => {
    const returns = { kind: 'label', labels: ['', ''] };
    const wrong = { name: '', parameters: [{ name: 'X', kind: 'any' }], returns };
    expect(pathsOf(wrong)).toEqual([
      '/name',
      '/parameters/0/kind',
      '/parameters/0/name',
      '/returns/labels/0',
      '/returns/labels/1',
    ]);
  });

  it('is never an exception, whatever is sent', () => {
    const value = fc.anything({ withBigInt: true, withNullPrototype: true });
    const definition = fc.oneof(
      value,
      fc.record({ name: value, parameters: fc.oneof(value, fc.array(value)), returns: value }),
      fc.record({
        name: value,
        parameters: value,
        returns: fc.record({
          kind: fc.constantFrom('number', 'label'),
          scale: value,
          min: value,
          max: value,
          labels: value,
        }),
      }),
    );
    fc.assert(fc.property(definition, (d) => void readFunctionSignature(d)));
  });

  it('has a name that the grammar reads as a call, whatever name it is', async () => {
    const words = [
      'if',
      'ifnull',
      'try',
      'unpack',
      'construct_array',
      'select',
      'list',
      'count',
      'date',
      'extract',
      'trim',
      'coalesce',
    ];
    const names = fc.oneof(fc.constantFrom(...words), fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/));
    const isCalled = async (name: string): Promise<void> => {
      if (pathsOf({ ...good, name }).length > 0) return;
      const read = await readSql(`select count(*) from t where isv.${name}(a, b)`);
      const where = read.ok && read.value.query.kind === 'select' ? read.value.query.where : null;
      expect(where, name).toMatchObject({ kind: 'score', member: 'isv', name, args: [{}, {}] });
    };
    await fc.assert(fc.asyncProperty(names, isCalled), { numRuns: 150 });
  });
});
