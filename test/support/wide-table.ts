import type { TableColumn, TableView } from '../../policies/index.ts';
import type { TestRows } from './load-table.ts';
import { SCORES_PERMITTED } from './scoring.ts';
import { goodRules, rulesDocument } from './tables.ts';

const columns: readonly TableColumn[] = [
  { name: 'email', type: { kind: 'person' } },
  { name: 'n', type: { kind: 'integer' } },
  { name: 'm', type: { kind: 'integer' } },
  { name: 'd', type: { kind: 'decimal', scale: 4 } },
  { name: 'x', type: { kind: 'double' } },
  { name: 'label', type: { kind: 'text' } },
  { name: 'flag', type: { kind: 'boolean' } },
  { name: 'day', type: { kind: 'date' } },
  { name: 'moment', type: { kind: 'timestamp' } },
];

const names = columns.slice(1).map((c) => c.name);
const everyColumn = (rule: unknown): Record<string, unknown> => Object.fromEntries(names.map((n) => [n, rule]));
const numbers = {
  n: { min: -50, max: 50 },
  m: { min: 0, max: 9 },
  d: { min: -5, max: 20, perPerson: { min: -7, max: 30 } },
};

/** A table of every type in which everything is permitted: where an expression can go wrong, it goes wrong here. */
export const wide: TableView = {
  member: 'market',
  alias: 'wide',
  datasetId: 'ds-wide',
  columns,
  identifiers: ['email'],
  rules: goodRules(
    rulesDocument({
      rowsPerPerson: 3,
      maxGroupsPerPerson: 2,
      groupKeys: everyColumn({}),
      filters: names,
      measures: numbers,
      functions: SCORES_PERMITTED,
    }),
    columns,
  ),
};

/** Values at the edges of each type, as SQL: what a person would put in who wants the engine to fail. */
export const edgeValues: Readonly<Record<string, readonly (string | null)[]>> = {
  n: [null, '0', '1', '-1', '7', '50', '-9223372036854775808', '9223372036854775807', '4611686018427387904'],
  m: [null, '0', '0', '1', '2', '9', '-1', '1000000000000'],
  d: [null, '0', '0.0001', '-5', '19.9999', '99999999999999.9999', '-99999999999999.9999'],
  x: [null, '0', '-0.0::double', '1.5', "'nan'::double", "'inf'::double", "'-inf'::double", '1e308', '-1e-308'],
  label: [null, "''", "'a'", "'A'", "'12'", "'1e400'", "'2024-02-30'", "'2024-02-29'", "'上海%_'", "repeat('a', 500)"],
  flag: [null, 'true', 'false'],
  day: [null, "'2024-01-01'", "'2024-02-29'", "'infinity'", "'-infinity'", "'5000000-01-01'", "'0001-01-01'"],
  moment: [null, "'2024-01-01 10:00:00'", "'infinity'", "'-infinity'", "'290000-01-01 00:00:00'", "'1900-02-03'"],
};

/** One row of a person with these values, in the order of the columns. */
export function wideRow(person: string | null, values: Readonly<Record<string, string | null>>): TestRows[number] {
  return [person, ...names.map((name) => values[name] ?? null)];
}
