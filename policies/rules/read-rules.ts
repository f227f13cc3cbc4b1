import { isMeasurable, type TableColumn } from '../collaboration/table-view.ts';
import { FaultCollector } from './fault-collector.ts';
import {
  type AudienceRule,
  type GroupKeyRule,
  MAX_BUDGET_DELTA,
  MAX_BUDGET_EPSILON,
  MAX_GROUPS_PER_PERSON_GROUPS,
  MAX_ROWS_PER_PERSON_ROWS,
  type MeasureRule,
  MIN_EPSILON,
  MIN_GROUP_SIZE_PERSONS,
  PERMITTABLE_AGGREGATES,
  type PermittableAggregate,
  type Rules,
  type RulesFault,
} from './rules.ts';

const FIELDS = [
  'version',
  'identity',
  'joinKeys',
  'rowsPerPerson',
  'groupKeys',
  'filters',
  'measures',
  'aggregates',
  'functions',
  'minGroupSize',
  'maxGroupsPerPerson',
  'budget',
  'maxEpsilonPerQuestion',
  'audience',
];
/** Largest magnitude of a measure: ten to the twelfth, so that sums of any person stay far inside 64 bits. */
const MAX_MEASURE_UNITS = 1e12;
/** Largest declared number of persons in a minimum. */
const MAX_MINIMUM_PERSONS = 1_000_000;

/** The outcome of reading a rules document. */
export type ReadRules =
  | { readonly ok: true; readonly rules: Rules }
  | { readonly ok: false; readonly faults: readonly RulesFault[] };

/**
 * Reads an owner's analysis rules against the schema of the dataset they are for.
 *
 * Every fault is found at once, each with its path in the document. docs/rules.schema.json says the same to editors;
 * a test holds the two together.
 */
export function readRules(document: unknown, columns: readonly TableColumn[]): ReadRules {
  const collect = new FaultCollector();
  const fields = collect.fields(document, '', FIELDS);
  if (fields.version !== 1) collect.fault('/version', 'must be 1');
  const budget = collect.fields(fields.budget, '/budget', ['epsilon', 'delta']);
  const epsilon = collect.number(budget.epsilon, '/budget/epsilon', MIN_EPSILON, MAX_BUDGET_EPSILON);
  const rules: Rules = {
    version: 1,
    identity: readIdentity(collect, fields.identity, columns),
    joinKeys: readJoinKeys(collect, fields.joinKeys, columns),
    rowsPerPerson: collect.whole(fields.rowsPerPerson, '/rowsPerPerson', 1, MAX_ROWS_PER_PERSON_ROWS),
    groupKeys: readGroupKeys(collect, fields.groupKeys, columns),
    filters: readColumns(collect, fields.filters, '/filters', columns),
    measures: readMeasures(collect, fields.measures, columns),
    aggregates: readAggregates(collect, fields.aggregates),
    functions: readFunctions(collect, fields.functions),
    minGroupSize: collect.whole(fields.minGroupSize, '/minGroupSize', MIN_GROUP_SIZE_PERSONS, MAX_MINIMUM_PERSONS),
    maxGroupsPerPerson: collect.whole(
      fields.maxGroupsPerPerson,
      '/maxGroupsPerPerson',
      1,
      MAX_GROUPS_PER_PERSON_GROUPS,
    ),
    budget: { epsilon, delta: collect.number(budget.delta, '/budget/delta', 1e-15, MAX_BUDGET_DELTA) },
    maxEpsilonPerQuestion: collect.number(
      fields.maxEpsilonPerQuestion === undefined ? epsilon : fields.maxEpsilonPerQuestion,
      '/maxEpsilonPerQuestion',
      MIN_EPSILON,
      MAX_BUDGET_EPSILON,
    ),
    audience: readAudience(collect, fields.audience, columns),
  };
  return collect.faults.length === 0 ? { ok: true, rules } : { ok: false, faults: collect.faults };
}

function readIdentity(collect: FaultCollector, value: unknown, columns: readonly TableColumn[]): string {
  const identity = columns.find((c) => c.type.kind === 'person');
  if (identity === undefined || value !== identity.name) {
    collect.fault('/identity', `must be the dataset's identity column, \`${identity?.name ?? 'none'}\``);
  }
  return identity?.name ?? '';
}

/** Left out, the identity is the join key: that is what a dataset is bound for. */
function readJoinKeys(collect: FaultCollector, value: unknown, columns: readonly TableColumn[]): readonly string[] {
  const identity = columns.find((c) => c.type.kind === 'person')?.name ?? '';
  if (value === undefined) return [identity];
  const keys = collect.texts(value, '/joinKeys');
  for (const [index, key] of keys.entries()) {
    if (key !== identity) collect.fault(`/joinKeys/${index}`, `must be the identity column, \`${identity}\``);
  }
  return keys;
}

/** A column that rules may name: any but the identity, which stays inside. */
function checkColumn(collect: FaultCollector, name: string, path: string, columns: readonly TableColumn[]): void {
  const column = columns.find((c) => c.name === name);
  const names = columns.filter((c) => c.type.kind !== 'person').map((c) => c.name);
  if (column === undefined) collect.fault(path, `\`${name}\` is not a column; the columns are ${names.join(', ')}`);
  else if (column.type.kind === 'person') collect.fault(path, `\`${name}\` is the identity column, which stays inside`);
}

function readColumns(
  c: FaultCollector,
  value: unknown,
  path: string,
  columns: readonly TableColumn[],
): readonly string[] {
  const names = c.texts(value, path);
  for (const [index, name] of names.entries()) checkColumn(c, name, `${path}/${index}`, columns);
  return names;
}

function readGroupKeys(collect: FaultCollector, value: unknown, columns: readonly TableColumn[]): Rules['groupKeys'] {
  const keys: [string, GroupKeyRule][] = [];
  for (const [name, rule] of collect.record(value, '/groupKeys')) {
    const path = `/groupKeys/${name}`;
    checkColumn(collect, name, path, columns);
    const fields = collect.fields(rule, path, ['values']);
    const values = fields.values === undefined ? null : collect.texts(fields.values, `${path}/values`);
    const isText = columns.find((c) => c.name === name)?.type.kind === 'text';
    if (values !== null && !isText) collect.fault(`${path}/values`, 'can be listed for text columns only');
    if (values?.length === 0) collect.fault(`${path}/values`, 'must name at least one value, or be left out');
    keys.push([name, { values }]);
  }
  return Object.fromEntries(keys);
}

function readMeasures(collect: FaultCollector, value: unknown, columns: readonly TableColumn[]): Rules['measures'] {
  const measures: [string, MeasureRule][] = [];
  for (const [name, rule] of collect.record(value, '/measures')) {
    const path = `/measures/${name}`;
    checkColumn(collect, name, path, columns);
    const column = columns.find((c) => c.name === name);
    if (column !== undefined && !isMeasurable(column.type)) collect.fault(path, `\`${name}\` is not a number`);
    const fields = collect.fields(rule, path, ['min', 'max', 'perPerson']);
    const bounds = readBounds(collect, fields, path);
    const perPerson =
      fields.perPerson === undefined
        ? null
        : readBounds(
            collect,
            collect.fields(fields.perPerson, `${path}/perPerson`, ['min', 'max']),
            `${path}/perPerson`,
          );
    measures.push([name, { ...bounds, perPerson }]);
  }
  return Object.fromEntries(measures);
}

function readBounds(collect: FaultCollector, fields: Readonly<Record<string, unknown>>, path: string) {
  const min = collect.number(fields.min, `${path}/min`, -MAX_MEASURE_UNITS, MAX_MEASURE_UNITS);
  const max = collect.number(fields.max, `${path}/max`, -MAX_MEASURE_UNITS, MAX_MEASURE_UNITS);
  if (min > max) collect.fault(path, '`min` is over `max`');
  if (min === 0 && max === 0) collect.fault(path, '`min` and `max` are both 0, so nothing could be measured');
  return { min, max };
}

function readAggregates(collect: FaultCollector, value: unknown): readonly PermittableAggregate[] {
  const names = collect.texts(value, '/aggregates');
  for (const [index, name] of names.entries()) {
    if (!(PERMITTABLE_AGGREGATES as readonly string[]).includes(name)) {
      collect.fault(`/aggregates/${index}`, `\`${name}\` is not one of ${PERMITTABLE_AGGREGATES.join(', ')}`);
    }
  }
  return names as readonly PermittableAggregate[];
}

function readFunctions(collect: FaultCollector, value: unknown): Rules['functions'] {
  return value === undefined || value === 'standard' ? 'standard' : collect.texts(value, '/functions');
}

function readAudience(collect: FaultCollector, value: unknown, columns: readonly TableColumn[]): AudienceRule | null {
  if (value === undefined || value === null) return null;
  const fields = collect.fields(value, '/audience', ['columns', 'minSize', 'destinations']);
  return {
    columns: readColumns(collect, fields.columns, '/audience/columns', columns),
    minSize: collect.whole(fields.minSize, '/audience/minSize', MIN_GROUP_SIZE_PERSONS, MAX_MINIMUM_PERSONS),
    destinations: readDestinations(collect, fields.destinations),
  };
}

const DESTINATION = /^[a-z][a-z0-9-]{1,62}\/[a-z][a-z0-9-]{1,62}$/;

function readDestinations(collect: FaultCollector, value: unknown): readonly string[] {
  const destinations = collect.texts(value, '/audience/destinations');
  for (const [index, name] of destinations.entries()) {
    if (!DESTINATION.test(name)) {
      collect.fault(`/audience/destinations/${index}`, 'must be written `owner/destination`, for example `shop/feed`');
    }
  }
  return destinations;
}
