import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { describe as describeSql } from '../../test/support/model-people.ts';
import type { DescribedColumn } from '../check/describe-persons.ts';
import { codeSql, type Feature, featureOf } from './feature-codes.ts';
import { faultOfPersons } from './persons-source.ts';

const numberColumn = (low: number, high: number, isWhole: boolean): DescribedColumn => ({
  name: 'x',
  type: isWhole ? { kind: 'integer' } : { kind: 'double' },
  bounds: { low, high },
  values: null,
});

function coded(column: DescribedColumn): Exclude<Feature, { kind: 'texts' }> {
  const feature = featureOf(column);
  if (typeof feature === 'string' || feature.kind === 'texts') throw new Error('no codes');
  return feature;
}

/** The codes that the engine gives some values, each a literal. */
async function codesOf(feature: Feature, values: readonly string[]): Promise<readonly number[]> {
  const rows = values.map((value) => `(${value})`).join(', ');
  const answered = await runSql(`SELECT ${codeSql(feature)} FROM (VALUES ${rows}) AS p("x")`);
  return answered.map(([code]) => Number(code));
}

describe('a number as a feature', () => {
  it('falls into the band whose words it is between, also beyond what its owner declared', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -500, max: 500 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.boolean(),
        fc.array(fc.integer({ min: -1_000, max: 6_000 }), { minLength: 1, maxLength: 20 }),
        async (low, width, isWhole, values) => {
          const feature = coded(numberColumn(low, low + width, isWhole));
          const codes = await codesOf(feature, values.map(String));
          for (const [index, value] of values.entries()) {
            const label = feature.labels[codes[index] ?? -1] ?? '';
            const [, from, to] = /^(?:up to|(\S+) to) (\S+)$/.exec(label) ?? [];
            if (from !== undefined) expect(value).toBeGreaterThan(Number(from));
            if (codes[index] !== feature.labels.length - 1) expect(value).toBeLessThanOrEqual(Number(to));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is every value by itself where there are few whole ones', () => {
    expect(coded(numberColumn(0, 3, true)).labels).toHaveLength(4);
  });

  it('is missing where it is missing', async () => {
    expect(await codesOf(coded(numberColumn(0, 100, true)), ['NULL', '0'])).toEqual([-1, 0]);
  });

  it('is refused without bounds, with what to write instead', () => {
    expect(featureOf({ ...numberColumn(0, 1, false), bounds: null })).toContain('clamp(x, low, high)');
  });
});

describe('a text as a feature', () => {
  const names = fc.uniqueArray(
    fc.string({ maxLength: 12 }).filter((text) => !text.includes('\0')),
    {
      minLength: 2,
      maxLength: 8,
    },
  );

  it('has the code of its value, whatever its letters do to SQL, and none that its owner did not declare', async () => {
    await fc.assert(
      fc.asyncProperty(names, async (values) => {
        const feature = coded({ name: 'x', type: { kind: 'text' }, bounds: null, values });
        const quoted = [...values, 'not one of them at all'].map((value) => `'${value.replaceAll("'", "''")}'`);
        expect(await codesOf(feature, quoted)).toEqual([...values.keys(), -1]);
      }),
      { numRuns: 30 },
    );
  });

  it('is found by its release where its owner keeps the values a secret', () => {
    expect(featureOf({ name: 'x', type: { kind: 'text' }, bounds: null, values: null })).toEqual({
      kind: 'texts',
      name: 'x',
    });
  });
});

describe('persons of SQL', () => {
  it('are described by what owners declared and the SQL says', async () => {
    const sql = "select email, clamp(spend, 0, 10) as s, case when app then 'a' else 'b' end as w from platform.people";
    const { identity, columns, rowsPerPerson } = await describeSql(sql);
    expect({ identity, rowsPerPerson }).toEqual({ identity: 'email', rowsPerPerson: 1 });
    expect(columns).toMatchObject([
      { name: 's', bounds: { low: 0, high: 10 } },
      { name: 'w', values: ['a', 'b'] },
    ]);
  });

  it('are refused without an identity, and with several rows each', async () => {
    expect(faultOfPersons(await describeSql('select city from platform.people'))).toContain('identity');
    const twice = 'select email, city from platform.people union all select email, brand from platform.people';
    expect(faultOfPersons(await describeSql(twice))).toContain('grouped by the identity column');
    await expect(describeSql('select city, count(*) from platform.people group by city')).rejects.toThrow();
  });
});
