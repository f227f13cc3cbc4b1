import type { TableColumn } from '../collaboration/table-view.ts';
import { FaultCollector } from './fault-collector.ts';
import { readFunctions } from './function-rule.ts';
import { MAX_MINIMUM_PERSONS, readAudience } from './read-audience-rule.ts';
import { readColumns, readGroupKeys, readMeasures } from './read-column-rules.ts';
import { readPlannedGroups } from './read-planned-groups.ts';
import { isPublicDocument, readPublicRules } from './read-public-rules.ts';
import { readThresholdRule } from './read-threshold-rule.ts';
import {
  MAX_BUDGET_DELTA,
  MAX_BUDGET_EPSILON,
  MAX_GROUPS_PER_PERSON_GROUPS,
  MAX_ROWS_PER_PERSON_ROWS,
  MIN_EPSILON,
  MIN_GROUP_SIZE_PERSONS,
  PERMITTABLE_AGGREGATES,
  type PermittableAggregate,
  type Rules,
  type RulesFault,
} from './rules.ts';

const FIELDS = [
  'version',
  'public',
  'identity',
  'joinKeys',
  'rowsPerPerson',
  'groupKeys',
  'plannedGroups',
  'filters',
  'measures',
  'aggregates',
  'functions',
  'minGroupSize',
  'maxGroupsPerPerson',
  'budget',
  'maxEpsilonPerQuestion',
  'audience',
  'threshold',
];
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
  const rules = isPublicDocument(document)
    ? readPublicRules(collect, document, columns)
    : readPersonRules(collect, document, columns);
  return collect.faults.length === 0 ? { ok: true, rules } : { ok: false, faults: collect.faults };
}

function readPersonRules(collect: FaultCollector, document: unknown, columns: readonly TableColumn[]): Rules {
  const fields = collect.fields(document, '', FIELDS);
  if (fields.version !== 1) collect.fault('/version', 'must be 1');
  if (fields.public !== undefined) {
    collect.fault('/public', 'must be true, or be left out for a table of persons');
  }
  const budget = collect.fields(fields.budget, '/budget', ['epsilon', 'delta']);
  const epsilon = collect.number(budget.epsilon, '/budget/epsilon', MIN_EPSILON, MAX_BUDGET_EPSILON);
  const groupKeys = readGroupKeys(collect, fields.groupKeys, columns);
  const plannedGroups = readPlannedGroups(collect, fields.plannedGroups, groupKeys, columns);
  return {
    version: 1,
    publicTable: null,
    identity: readIdentity(collect, fields.identity, columns),
    joinKeys: readJoinKeys(collect, fields.joinKeys, columns),
    rowsPerPerson: collect.whole(fields.rowsPerPerson, '/rowsPerPerson', 1, MAX_ROWS_PER_PERSON_ROWS),
    groupKeys,
    ...(plannedGroups === null ? {} : { plannedGroups }),
    filters: readColumns(collect, fields.filters, '/filters', columns),
    measures: readMeasures(collect, fields.measures, columns, 'persons'),
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
    threshold: readThresholdRule(collect, fields.threshold, columns),
  };
}

function readIdentity(collect: FaultCollector, value: unknown, columns: readonly TableColumn[]): string {
  const identity = columns.find((c) => c.type.kind === 'person')?.name;
  if (identity === undefined) {
    const help = 'only the rules of a public table fit it, with `public` set to true';
    collect.fault('/identity', `cannot be met: this dataset names no persons; ${help}`);
  } else if (value !== identity) collect.fault('/identity', `must be the dataset's identity column, \`${identity}\``);
  return identity ?? '';
}

/** Left out, the identity is the join key: that is what a dataset is bound for. */
function readJoinKeys(collect: FaultCollector, value: unknown, columns: readonly TableColumn[]): readonly string[] {
  const identity = columns.find((c) => c.type.kind === 'person')?.name;
  if (identity === undefined) return [];
  if (value === undefined) return [identity];
  const keys = collect.texts(value, '/joinKeys');
  for (const [index, key] of keys.entries()) {
    if (key !== identity) collect.fault(`/joinKeys/${index}`, `must be the identity column, \`${identity}\``);
  }
  return keys;
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
