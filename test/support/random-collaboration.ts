import fc from 'fast-check';
import type { ScalarType, TableColumn, TableView } from '../../policies/index.ts';
import { PERMITTABLE_AGGREGATES, type PermittableAggregate } from '../../policies/index.ts';
import { runSql } from './engine.ts';
import { loadTable, type TestRows } from './load-table.ts';
import { SCORES_PERMITTED } from './scoring.ts';
import { goodRules, rulesDocument } from './tables.ts';

/** Draws one value of an arbitrary; what `fc.gen()` hands out, so that whatever is drawn shrinks. */
export type Draw = fc.GeneratorValue;

/** A bound table with rows as SQL literals. */
export interface FilledTable {
  readonly view: TableView;
  readonly rows: TestRows;
}

/** Tables of members at random, with what is in them. */
export interface RandomCollaboration {
  readonly people: readonly FilledTable[];
  readonly publics: readonly FilledTable[];
}

/**
 * What data is like: `wild` breaks every declaration that can be broken; `tame` keeps within all of them, so that no
 * cut and no clamp bites and nobody is without an identity.
 */
export type DataKind = 'wild' | 'tame';

/** The person with hundreds of rows, in wild data: who joins with everything there is. */
export const HEAVY_PERSON = '9';

const PERSONS = ['1', '2', '3', '4', '5', '6'];
/** Values of the join columns of public tables: few, so that they meet. */
const KEYS = ['0', '1', '2', '3', '4'];

type ColumnKind = 'integer' | 'decimal' | 'double' | 'text' | 'boolean' | 'date' | 'timestamp';

const WILD: Readonly<Record<ColumnKind, readonly (string | null)[]>> = {
  integer: [null, '0', '1', '-1', '3', '7', '50', '-9223372036854775808', '9223372036854775807'],
  decimal: [null, '0', '0.01', '-5', '4.5', '19.99', '9999999999999999.99', '-9999999999999999.99'],
  double: [null, '0', '1.5', '-2.25', "'nan'::double", "'inf'::double", "'-inf'::double", '1e308'],
  text: [null, "''", "'a'", "'b'", "'c'", "'A'", "'上海%_'"],
  boolean: [null, 'true', 'false'],
  date: [null, "'2024-01-01'", "'2024-02-29'", "'2025-07-31'", "'infinity'", "'-infinity'", "'5000000-01-01'"],
  timestamp: [null, "'2024-01-01 10:00:00'", "'2024-03-05 23:59:59.5'", "'infinity'", "'290000-01-01 00:00:00'"],
};

const TAME: Readonly<Record<ColumnKind, readonly (string | null)[]>> = {
  integer: [null, '0', '1', '-1', '3', '7', '9'],
  decimal: [null, '0', '0.25', '-5', '4.5', '19.75'],
  double: [null, '0', '1.5', '-2.25', '8.5'],
  text: [null, "''", "'a'", "'b'", "'c'", "'A'"],
  boolean: [null, 'true', 'false'],
  date: [null, "'2024-01-01'", "'2024-02-29'", "'2025-07-31'"],
  timestamp: [null, "'2024-01-01 10:00:00'", "'2024-03-05 23:59:59.5'"],
};

const COLUMN_KINDS: readonly ColumnKind[] = ['integer', 'decimal', 'double', 'text', 'boolean', 'date', 'timestamp'];

const typeOf = (kind: ColumnKind): ScalarType => (kind === 'decimal' ? { kind, scale: 2 } : { kind });

/** Two to four tables of persons and up to two public ones, with rules and rows. */
export function drawCollaboration(g: Draw, data: DataKind): RandomCollaboration {
  const peopleCount = g(fc.integer, { min: 2, max: 4 });
  const publicCount = g(fc.integer, { min: 0, max: 2 });
  return {
    people: Array.from({ length: peopleCount }, (_, index) => drawPeople(g, `t${index}`, data)),
    publics: Array.from({ length: publicCount }, (_, index) => drawPublic(g, `p${index}`, data)),
  };
}

/** Every table of a collaboration. */
export function tablesOf({ people, publics }: RandomCollaboration): readonly FilledTable[] {
  return [...people, ...publics];
}

function drawPeople(g: Draw, alias: string, data: DataKind): FilledTable {
  const kinds = ['integer', 'text', ...g(fc.subarray<ColumnKind>, [...COLUMN_KINDS], { maxLength: 4 })] as ColumnKind[];
  const columns: readonly TableColumn[] = [
    { name: 'email', type: { kind: 'person' } },
    { name: 'k', type: { kind: 'integer' } },
    ...kinds.map((kind, index) => ({ name: `${kind.slice(0, 2)}${index}`, type: typeOf(kind) })),
  ];
  const rowsPerPerson = g(fc.integer, { min: 1, max: 6 });
  const rules = rulesDocument({
    rowsPerPerson,
    maxGroupsPerPerson: data === 'tame' ? 1_000 : g(fc.integer, { min: 1, max: 4 }),
    minGroupSize: 10,
    groupKeys: Object.fromEntries(columns.slice(1).map((c) => [c.name, drawKeyRule(g, c)])),
    filters: columns.slice(1).map((c) => c.name),
    measures: Object.fromEntries(columns.flatMap((c) => drawMeasure(g, c, data))),
    aggregates: PERMITTABLE_AGGREGATES as readonly PermittableAggregate[],
    functions: SCORES_PERMITTED,
  });
  const view: TableView = {
    member: 'm',
    alias,
    datasetId: `ds-${alias}`,
    columns,
    identifiers: ['email'],
    rules: goodRules(rules, columns),
  };
  if (data === 'wild') return { view, rows: wildRows(g, kinds) };
  // NULL is not among the values that an owner lists.
  const isListed = columns.map((c) => (view.rules.groupKeys[c.name]?.values ?? null) !== null);
  const rows = tameRows(g, kinds, rowsPerPerson).map((row) => row.map((v, i) => (isListed[i] ? (v ?? "'a'") : v)));
  return { view, rows };
}

function drawKeyRule(g: Draw, { type }: TableColumn): Record<string, unknown> {
  const isListed = type.kind === 'text' && g(fc.boolean);
  return isListed ? { values: ['a', 'b', 'c', 'A', ''] } : {};
}

function drawMeasure(g: Draw, { name, type }: TableColumn, data: DataKind): [string, unknown][] {
  if (type.kind !== 'integer' && type.kind !== 'decimal' && type.kind !== 'boolean') return [];
  if (data === 'tame') return [[name, { min: -5, max: 20 }]];
  const min = g(fc.constantFrom, -5, 0, 1);
  const row = { min, max: g(fc.constantFrom, 3, 20) };
  return [
    [name, g(fc.boolean) ? row : { ...row, perPerson: { min: Math.min(0, min), max: g(fc.constantFrom, 2, 30) } }],
  ];
}

const pickFrom = (g: Draw, values: readonly (string | null)[]): string | null =>
  values[g(fc.nat, { max: values.length - 1 })] ?? null;

/** Persons with more rows than declared, nobody's rows, duplicates, and one person with hundreds of rows. */
function wildRows(g: Draw, kinds: readonly ColumnKind[]): TestRows {
  const row = (person: string | null): (string | null)[] => [
    person,
    pickFrom(g, [...KEYS, null]),
    ...kinds.map((kind) => pickFrom(g, WILD[kind])),
  ];
  const count = g(fc.integer, { min: 2, max: 16 });
  const some = Array.from({ length: count }, () => row(pickFrom(g, [...PERSONS, null])));
  const twice = some.slice(0, g(fc.nat, { max: 2 }));
  return [...some, ...twice, ...heavyRows(g, kinds)];
}

/** More than 255 categories, as widths of integers and of masks end there. */
const HEAVY_COUNTS = [0, 3, 40, 300];

function heavyRows(g: Draw, kinds: readonly ColumnKind[]): TestRows {
  const count = g(fc.constantFrom, ...HEAVY_COUNTS);
  const isMany = g(fc.boolean);
  return Array.from({ length: count }, (_, index) => [
    HEAVY_PERSON,
    KEYS[index % KEYS.length] ?? null,
    ...kinds.map((kind, place) => {
      if (isMany && kind === 'text') return `'x${index}'`;
      if (isMany && kind === 'integer') return String(index - 20);
      const values = WILD[kind];
      return values[(index * (place + 3)) % values.length] ?? null;
    }),
  ]);
}

function tameRows(g: Draw, kinds: readonly ColumnKind[], rowsPerPerson: number): TestRows {
  return PERSONS.flatMap((person) =>
    Array.from({ length: g(fc.nat, { max: rowsPerPerson }) }, () => [
      person,
      pickFrom(g, [...KEYS, null]),
      ...kinds.map((kind) => pickFrom(g, TAME[kind])),
    ]),
  );
}

function drawPublic(g: Draw, alias: string, data: DataKind): FilledTable {
  const columns: readonly TableColumn[] = [
    { name: 'k', type: { kind: 'integer' } },
    { name: 'j', type: { kind: 'integer' } },
    { name: 'r', type: { kind: 'text' } },
    { name: 'w', type: { kind: 'integer' } },
  ];
  const rowsPerKey = g(fc.integer, { min: 1, max: 3 });
  const rules = {
    version: 1,
    public: true,
    joinKeys: g(fc.boolean) ? ['k'] : ['k', 'j'],
    rowsPerKey,
    measures: { w: { min: 0, max: 4 } },
    groupKeys: {},
  };
  const row = (key: string | null, index: number): (string | null)[] => [
    key,
    pickFrom(g, KEYS),
    data === 'wild' && index > 3 ? `'z${index}'` : pickFrom(g, ["'r'", "'s'", "'t'", null]),
    pickFrom(g, ['0', '1', '3', null]),
  ];
  const keys = data === 'wild' ? [...KEYS, ...KEYS, ...KEYS, ...KEYS, null] : KEYS;
  const most = data === 'wild' ? 3 : rowsPerKey;
  const rows = keys.flatMap((key) => Array.from({ length: g(fc.nat, { max: most }) }, (_, index) => row(key, index)));
  const view: TableView = {
    member: 'm',
    alias,
    datasetId: `ds-${alias}`,
    columns,
    identifiers: [],
    rules: goodRules(rules, columns),
  };
  return { view, rows };
}

/** Makes the engine hold a collaboration, under the names that questions use too. */
export async function loadCollaboration(collaboration: RandomCollaboration): Promise<void> {
  await runSql('CREATE SCHEMA IF NOT EXISTS m');
  for (const { view, rows } of tablesOf(collaboration)) {
    await runSql(`DROP VIEW IF EXISTS m.${view.alias}`);
    await loadTable(view, rows);
    await runSql(`CREATE VIEW m.${view.alias} AS SELECT * FROM "m.${view.alias}"`);
  }
}

/** Looks at the tables as they are without one person, and puts the person back. */
export async function withoutPerson<T>(
  person: string,
  { people }: RandomCollaboration,
  look: () => Promise<T>,
): Promise<T> {
  await runSql('BEGIN');
  try {
    for (const { view } of people) await runSql(`DELETE FROM "m.${view.alias}" WHERE email = ${person}`);
    return await look();
  } finally {
    await runSql('ROLLBACK');
  }
}

/** A collaboration in words, for a failed test. */
export function describeCollaboration(collaboration: RandomCollaboration): string {
  return tablesOf(collaboration)
    .map(({ view, rows }) => {
      const columns = view.columns.map((c) => `${c.name} ${c.type.kind}`).join(', ');
      const values = rows.map((row) => `(${row.map((v) => v ?? 'NULL').join(', ')})`).join(', ');
      const { rowsPerPerson, maxGroupsPerPerson, publicTable, joinKeys, measures } = view.rules;
      const rules = publicTable ? { ...publicTable, joinKeys } : { rowsPerPerson, maxGroupsPerPerson, measures };
      return `m.${view.alias} (${columns}) ${JSON.stringify(rules)}\n  ${values}`;
    })
    .join('\n');
}
