import type { TableColumn } from '../collaboration/table-view.ts';
import type { FaultCollector } from './fault-collector.ts';
import { readFunctions } from './function-rule.ts';
import { readColumns, readGroupKeys, readMeasures } from './read-column-rules.ts';
import {
  MAX_BUDGET_EPSILON,
  MAX_PUBLIC_JOIN_KEYS,
  MAX_ROWS_PER_KEY_ROWS,
  MIN_GROUP_SIZE_PERSONS,
  PERMITTABLE_AGGREGATES,
  type Rules,
} from './rules.ts';

const FIELDS = ['version', 'public', 'joinKeys', 'rowsPerKey', 'measures', 'groupKeys', 'functions'];

/**
 * Fields of a table of persons, each with why it says nothing here. They are refused and not ignored: an owner who
 * writes a budget believes that something is protected.
 */
const PERSONAL_FIELDS: Readonly<Record<string, string>> = {
  identity: 'makes no sense for a public table, which names no persons',
  rowsPerPerson: 'makes no sense for a public table, which has no persons; say `rowsPerKey`',
  filters: 'is not needed: every column of a public table may be read by conditions',
  aggregates: 'is not needed: a public table permits every aggregate',
  minGroupSize: 'makes no sense for a public table, which has no persons to count',
  maxGroupsPerPerson: 'makes no sense for a public table, which has no persons',
  budget: 'makes no sense for a public table: what everybody may know is not charged for',
  maxEpsilonPerQuestion: 'makes no sense for a public table: what everybody may know is not charged for',
  audience: 'makes no sense for a public table: nobody is in it',
  threshold: 'makes no sense for a public table: what everybody may know is not suppressed',
};

/** Whether a document declares a table public. */
export function isPublicDocument(document: unknown): document is Readonly<Record<string, unknown>> {
  return typeof document === 'object' && document !== null && 'public' in document && document.public === true;
}

/** Reads the rules of a public table; what they leave open has the value that takes nothing from other tables. */
export function readPublicRules(
  collect: FaultCollector,
  document: Readonly<Record<string, unknown>>,
  columns: readonly TableColumn[],
): Rules {
  const [personal, own] = partition(document);
  for (const field of personal) collect.fault(`/${field}`, PERSONAL_FIELDS[field] ?? '');
  const fields = collect.fields(own, '', FIELDS);
  if (fields.version !== 1) collect.fault('/version', 'must be 1');
  // Nobody can declare away the protection of a table that names persons.
  const identity = columns.find((c) => c.type.kind === 'person')?.name;
  if (identity !== undefined) {
    collect.fault(
      '/public',
      `cannot be said of this dataset: \`${identity}\` names persons, so its rows are protected`,
    );
  }
  return {
    version: 1,
    publicTable: { rowsPerKey: collect.whole(fields.rowsPerKey, '/rowsPerKey', 1, MAX_ROWS_PER_KEY_ROWS) },
    identity: '',
    joinKeys: readPublicJoinKeys(collect, fields.joinKeys, columns),
    rowsPerPerson: 1,
    groupKeys: readGroupKeys(collect, fields.groupKeys, columns),
    filters: [],
    measures: readMeasures(collect, fields.measures, columns, 'nobody'),
    aggregates: PERMITTABLE_AGGREGATES,
    functions: readFunctions(collect, fields.functions),
    minGroupSize: MIN_GROUP_SIZE_PERSONS,
    maxGroupsPerPerson: 1,
    budget: { epsilon: 0, delta: 0 },
    maxEpsilonPerQuestion: MAX_BUDGET_EPSILON,
    audience: null,
    threshold: null,
  };
}

function partition(document: Readonly<Record<string, unknown>>): [string[], Readonly<Record<string, unknown>>] {
  const isPersonal = (field: string) => Object.hasOwn(PERSONAL_FIELDS, field);
  const own = Object.entries(document).filter(([field]) => !isPersonal(field));
  return [Object.keys(document).filter(isPersonal), Object.fromEntries(own)];
}

function readPublicJoinKeys(
  collect: FaultCollector,
  value: unknown,
  columns: readonly TableColumn[],
): readonly string[] {
  const keys = readColumns(collect, value, '/joinKeys', columns);
  if (keys.length < 1 || keys.length > MAX_PUBLIC_JOIN_KEYS) {
    collect.fault('/joinKeys', `must name 1 to ${MAX_PUBLIC_JOIN_KEYS} columns`);
  }
  return keys;
}
