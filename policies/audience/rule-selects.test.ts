// What a rule selects is held against an evaluator that knows no SQL: it goes through the rows of each person.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { effortOf } from '../../test/support/effort.ts';
import { readSql, runSql } from '../../test/support/engine.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { customers, people, purchases, taggedTables, tags } from '../../test/support/tagged-tables.ts';
import { type CheckedAudience, checkAudience } from '../check/check-audience.ts';
import { printPersons } from '../print/print-aggregate.ts';
import { type CombinationKind, combineAudiences } from './combine-audiences.ts';
import { printRule } from './print-rule.ts';
import { readAudienceRule } from './read-rule.ts';

const RUNS_COUNT = effortOf(25, 300, 3_000);
const PERSONS_COUNT = 40;
const SALT = 20_111_111n;
const AS_OF = '2026-03-10';
const DAYS = ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-09', '2026-03-10'];

type Row = Readonly<Record<string, string | number | boolean | null>>;

/** Small whole numbers of a linear congruence: the same tables in every run. */
function numbers(): (below: number) => number {
  let state = 20_261_122;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const world = new Map<string, Map<number, Row[]>>();

beforeAll(async () => {
  const next = numbers();
  const pick = <T>(values: readonly T[]): T => values[next(values.length)] as T;
  for (let person = 1; person <= PERSONS_COUNT; person += 1) {
    const has = (table: string, rows: Row[]) => {
      if (!world.has(table)) world.set(table, new Map());
      world.get(table)?.set(person, rows);
    };
    if (next(10) > 0)
      has('people', [{ city: pick(['Hangzhou', 'Shanghai', "Xi'an", null]), order: pick([0, 1, 2, null]) }]);
    if (next(3) > 0) has('customers', [{ vip: pick([true, false, null]), score: pick([0.25, 0.5, null]) }]);
    const purchase = (): Row => {
      const day = pick([...DAYS, null]);
      const at = day === null ? null : `${day} ${pick(['00:00:00', '23:59:59.999999', '12:00:00'])}`;
      return { category: pick(['tea', 'shoes', null]), day, at, amount: pick([0.5, 10, 99.99, null]) };
    };
    has('purchases', Array.from({ length: next(7) }, purchase));
  }
  for (const view of [people, purchases, customers]) {
    const rows = [...(world.get(view.alias) ?? [])].flatMap(([person, all]) =>
      all.map((row) =>
        view.columns.map(({ name, type }) => (name === 'email' ? String(person) : sqlText(row[name], type.kind))),
      ),
    );
    // A row of nobody, as normalising leaves where an identifier could not be read.
    const nobody = view.columns.map(({ name, type }) =>
      name === 'email' ? null : sqlText(rowOfNobody[name], type.kind),
    );
    await loadTable(view, [...rows, nobody]);
  }
});

const rowOfNobody: Row = {
  city: 'Hangzhou',
  order: 1,
  category: 'tea',
  day: '2026-03-01',
  at: '2026-03-01 12:00:00',
  amount: 10,
  vip: true,
  score: 0.5,
};

function sqlText(value: Row[string] | undefined, kind: string): string | null {
  if (value === null || value === undefined) return null;
  if (kind === 'date' || kind === 'timestamp') return `${kind} '${value}'`;
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}

type Value = Row[string];

/** A node of a rule as its author writes it. */
interface Where {
  readonly and?: readonly Where[];
  readonly or?: readonly Where[];
  readonly not?: Where;
  readonly tag?: string;
  readonly exists?: boolean;
  readonly eq?: Value;
  readonly in?: readonly Value[];
  readonly between?: readonly [Value, Value];
  readonly times?: { readonly atLeast?: number; readonly atMost?: number };
  readonly when?: When;
}

/** Days as the author of a rule writes them. */
interface When {
  readonly from?: string;
  readonly to?: string;
  readonly lastDays?: number;
  readonly daysAgo?: readonly [number, number | null];
}

/** Who is in a node, person by person. */
function isIn(node: Where, person: number): boolean {
  if (node.and !== undefined) return node.and.every((part) => isIn(part, person));
  if (node.or !== undefined) return node.or.some((part) => isIn(part, person));
  if (node.not !== undefined) return !isIn(node.not, person);
  const tag = tags.find(({ owner, name }) => `${owner}/${name}` === node.tag);
  const rows = world.get(tag?.table.split('.')[1] ?? '')?.get(person) ?? [];
  const matching = rows.filter(
    (row) => matches(row[tag?.column ?? ''] ?? null, node) && isWithin(row[tag?.dateColumn ?? ''] ?? null, node.when),
  );
  const { atLeast = node.times?.atMost === undefined ? 1 : 0, atMost = Number.POSITIVE_INFINITY } = node.times ?? {};
  return matching.length >= atLeast && matching.length <= atMost;
}

function matches(value: Value, node: Where): boolean {
  if (value === null) return false;
  if (node.exists === true) return true;
  if (node.eq !== undefined) return value === node.eq;
  if (node.in !== undefined) return node.in.includes(value);
  const [low, high] = node.between ?? [null, null];
  return (low === null || value >= low) && (high === null || value <= high);
}

const DAY_MS = 86_400_000;

function isWithin(moment: Value, when: When | undefined): boolean {
  if (when === undefined) return true;
  if (moment === null) return false;
  const day = String(moment).slice(0, 10);
  if (when.from !== undefined || when.to !== undefined) return day >= (when.from ?? '') && day <= (when.to ?? '9');
  const ago = (Date.parse(AS_OF) - Date.parse(day)) / DAY_MS;
  const [fewest, most] = when.daysAgo ?? [0, (when.lastDays ?? 0) - 1];
  return ago >= fewest && (most === null || ago <= most);
}

function personsIn(where: Where): readonly number[] {
  return [...(world.get('people')?.keys() ?? [])].filter((person) => isIn(where, person)).toSorted((a, b) => a - b);
}

function sqlOfRule(where: unknown): string {
  const read = readAudienceRule(
    { version: 1, from: 'market.people', asOf: AS_OF, where },
    { tables: taggedTables, tags, today: '1999-01-01' },
  );
  return read.ok ? printRule(read.rule) : expect.fail(JSON.stringify([where, read.faults]));
}

async function checkedOf(sql: string): Promise<CheckedAudience> {
  const read = await readSql(sql);
  const checked = read.ok ? checkAudience(read.value, taggedTables) : read;
  return checked.ok ? checked.value : expect.fail(`${sql}\n${JSON.stringify(checked.violations)}`);
}

async function selected(sql: string): Promise<readonly number[]> {
  const printed = printPersons(await checkedOf(sql));
  const rows = await runSql(printed.sql, [SALT]);
  return rows.map(([person]) => Number(person)).toSorted((a, b) => a - b);
}

const ends = (values: readonly Value[]) =>
  fc
    .tuple(fc.constantFrom(...values, null), fc.constantFrom(...values, null))
    .filter(([low, high]) => low !== null || high !== null);
const test = (values: readonly Value[], isOrdered: boolean) =>
  fc.oneof(
    fc.constant({ exists: true }),
    fc.constantFrom(...values).map((eq) => ({ eq })),
    fc.subarray([...values], { minLength: 1 }).map((list) => ({ in: list })),
    ...(isOrdered ? [ends(values).map((between) => ({ between }))] : []),
  );
const when = fc.option(
  fc.oneof(
    fc.integer({ min: 1, max: 12 }).map((lastDays) => ({ lastDays })),
    fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.option(fc.integer({ min: 3, max: 12 })))
      .map((daysAgo) => ({ daysAgo })),
    fc.record({ from: fc.constantFrom(...DAYS), to: fc.constantFrom(...DAYS) }, { requiredKeys: ['from'] }),
    fc.record({ to: fc.constantFrom(...DAYS) }),
  ),
  { nil: undefined },
);
const times = fc.option(
  fc.oneof(
    fc.integer({ min: 1, max: 6 }).map((atLeast) => ({ atLeast })),
    fc.integer({ min: 0, max: 6 }).map((atMost) => ({ atMost })),
    fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 3, max: 6 }))
      .map(([atLeast, atMost]) => ({ atLeast, atMost })),
  ),
  { nil: undefined },
);
const leaf = (tag: string, values: readonly Value[], { isOrdered = false, isDated = false, isMany = false } = {}) =>
  fc
    .tuple(test(values, isOrdered), isDated ? when : fc.constant(undefined), isMany ? times : fc.constant(undefined))
    .map(([one, days, count]) => ({
      tag,
      ...one,
      ...(days === undefined ? {} : { when: days }),
      ...(count === undefined ? {} : { times: count }),
    }));
const condition = fc.oneof(
  leaf('market/city', ['Hangzhou', "Xi'an"]),
  leaf('market/order', [0, 1, 2], { isOrdered: true }),
  leaf('market/bought', ['tea', 'shoes'], { isDated: true, isMany: true }),
  leaf('market/paid', [0.5, 10, 99.99], { isOrdered: true, isDated: true, isMany: true }),
  leaf('market/bought-on', DAYS, { isOrdered: true, isMany: true }),
  leaf('brand/vip', [true, false]),
  leaf('brand/score', [0.25, 0.5], { isOrdered: true }),
);
const { node } = fc.letrec<{ node: Where }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    condition,
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    tie('node').map((not) => ({ not })),
  ),
}));

describe('a rule', () => {
  it('selects exactly the persons for whom it is true, whatever is NULL', async () => {
    let nonempty = 0;
    await fc.assert(
      fc.asyncProperty(node, async (where) => {
        const expected = personsIn(where);
        if (expected.length > 0 && expected.length < (world.get('people')?.size ?? 0)) nonempty += 1;
        expect(await selected(sqlOfRule(where))).toEqual(expected);
      }),
      { numRuns: RUNS_COUNT },
    );
    expect(nonempty).toBeGreaterThan(RUNS_COUNT / 4);
  }, 600_000);
});

describe('audiences put together', () => {
  it('are exactly the union, the intersection and the difference of their persons, nested too', async () => {
    const kinds: readonly CombinationKind[] = ['union', 'intersection', 'difference'];
    const alone = [
      'select email from market.people where city is not null; -- everybody with a city',
      "with t as (select email from market.purchases where category = 'tea') select email from t",
      "select distinct c.email from brand.customers c join market.people p using (email) where vip or city = ';'",
      'select email from market.purchases group by email having count(*) >= 3',
      'select email from brand.customers',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...alone), { minLength: 2, maxLength: 3 }),
        fc.constantFrom(...alone),
        fc.constantFrom(...kinds),
        fc.constantFrom(...kinds),
        async (sqls, other, kind, outer) => {
          const inner = await combined(kind, await Promise.all(sqls.map(checkedOf)));
          const all = await combined(outer, [await checkedOf(inner), await checkedOf(other)]);
          const sets = await Promise.all(sqls.map(selected));
          const expected = together(outer, [together(kind, sets), await selected(other)]);
          expect(await selected(all), all).toEqual(expected);
        },
      ),
      { numRuns: RUNS_COUNT },
    );
  }, 600_000);
});

async function combined(kind: CombinationKind, parts: readonly CheckedAudience[]): Promise<string> {
  return combineAudiences(kind, parts, { asker: 'brand' });
}

function together(kind: CombinationKind, sets: readonly (readonly number[])[]): readonly number[] {
  const [first = new Set<number>(), ...others] = sets.map((one) => new Set(one));
  const merged = others.reduce((sum, one) => {
    if (kind === 'union') return sum.union(one);
    return kind === 'intersection' ? sum.intersection(one) : sum.difference(one);
  }, first);
  return [...merged].toSorted((a, b) => a - b);
}
