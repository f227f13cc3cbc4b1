import { canonicalText, readRules, type TableColumn, type TableView } from '../../policies/index.ts';

/** The most rows a person that rules can declare: the busiest persons of the bench are let in whole. */
const ROWS_OF_A_PERSON = 10_000;
const GROUPS_OF_A_PERSON = 8;
const MIN_GROUP_SIZE = 50;
/** What a person's purchases in a category may add to a sum. */
const LARGEST_TOTAL = 200;

const text = (name: string): TableColumn => ({ name, type: { kind: 'text' } });
const person: TableColumn = { name: 'uid', type: { kind: 'person' } };

const shared = {
  version: 1,
  identity: 'uid',
  aggregates: ['count', 'count-persons', 'count-distinct', 'sum', 'avg', 'variance', 'quantile'],
  functions: 'standard',
  minGroupSize: MIN_GROUP_SIZE,
  maxGroupsPerPerson: GROUPS_OF_A_PERSON,
  budget: { epsilon: 20, delta: 1e-6 },
  threshold: {},
};
const destinations = ['jiufang/shop-front'];

/** Columns of the platform's events, as questions see them. */
const EVENTS_COLUMNS: readonly TableColumn[] = [
  person,
  text('category'),
  text('subcategory'),
  text('product'),
  text('city'),
  { name: 'day', type: { kind: 'integer' } },
  text('event_type'),
  { name: 'amount', type: { kind: 'decimal', scale: 2 } },
];

/** Columns of the brand's members. */
const MEMBERS_COLUMNS: readonly TableColumn[] = [person, text('segment'), text('tier')];

/** The platform's rules on its events. */
export const EVENTS_RULES: Readonly<Record<string, unknown>> = {
  ...shared,
  rowsPerPerson: ROWS_OF_A_PERSON,
  groupKeys: { category: {}, subcategory: {}, city: {} },
  // Cities are left out, for the question that nothing was planned for.
  plannedGroups: [['category'], ['subcategory']],
  filters: ['day', 'event_type', 'product'],
  measures: { amount: { min: 0, max: LARGEST_TOTAL, perPerson: { min: 0, max: LARGEST_TOTAL } } },
  audience: { columns: ['category', 'event_type', 'day'], minSize: 300, destinations },
};

/** The brand's rules on its members. */
export const MEMBERS_RULES: Readonly<Record<string, unknown>> = {
  ...shared,
  rowsPerPerson: 1,
  groupKeys: { segment: {}, tier: {} },
  filters: [],
  measures: {},
  audience: { columns: ['segment', 'tier'], minSize: 300, destinations },
};

/** The tables of the bench with the rules of their owners. */
export function marketViews(): readonly [TableView, TableView] {
  return [
    viewOf('jiufang', 'events', EVENTS_COLUMNS, EVENTS_RULES),
    viewOf('chenxi', 'members', MEMBERS_COLUMNS, MEMBERS_RULES),
  ];
}

function viewOf(member: string, alias: string, columns: readonly TableColumn[], document: unknown): TableView {
  const read = readRules(document, columns);
  if (!read.ok) throw new Error(canonicalText(read.faults));
  return { member, alias, datasetId: alias, columns, identifiers: ['custom:market'], rules: read.rules };
}
