import type { TableColumn, TableView } from '../../policies/index.ts';
import type { TestRows } from './load-table.ts';
import type { FilledTable } from './random-collaboration.ts';
import { goodRules, rulesDocument } from './tables.ts';

/** Visits of one member, persons of another with one row each, and tags of a third, as the questions name them. */
export interface PlannedTables {
  readonly visits: FilledTable;
  readonly people: FilledTable;
  readonly tags: FilledTable;
}

const LONG = 'l'.repeat(260);

const TEXTS = [null, "'a'", "'b'", "'it''s'", "'😀 上海'", "''", "'c'"] as const;
const LONG_TEXTS = [...TEXTS, `'${LONG}1'`, `'${LONG}2'`];
const VALUES: Readonly<Record<string, readonly (string | null)[]>> = {
  city: TEXTS,
  day: [null, "'2024-01-01'", "'2024-02-29'", "'2025-07-31'"],
  n: [null, '0', '1', '-1', '9223372036854775807'],
  flag: [null, 'true', 'false'],
  amount: [null, '0', '0.01', '-5', '4.5', '19.99', '9999999999999999.99', '-9999999999999999.99'],
  points: [null, '0', '1', '-3', '7', '9223372036854775807'],
  grade: [null, "'x'", "'y'", "'z'"],
};

const column = (name: string, kind: 'text' | 'date' | 'integer' | 'boolean' | 'person'): TableColumn => ({
  name,
  type: { kind },
});
const VISITS: readonly TableColumn[] = [
  column('email', 'person'),
  column('kind', 'text'),
  column('city', 'text'),
  column('day', 'date'),
  column('n', 'integer'),
  column('flag', 'boolean'),
  { name: 'amount', type: { kind: 'decimal', scale: 2 } },
  column('points', 'integer'),
  column('grade', 'text'),
];
const PEOPLE: readonly TableColumn[] = [
  column('email', 'person'),
  column('segment', 'text'),
  column('vip', 'boolean'),
  { name: 'score', type: { kind: 'decimal', scale: 2 } },
];
const TAGS: readonly TableColumn[] = [column('email', 'person'), column('tag', 'text')];

/** A whole number from 0 to below `count`, each as likely: small ones must not come first, as when cases shrink. */
export type Dice = (count: number) => number;

/** Dice that fall the same way for the same seed (mulberry32). */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (count) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % count;
  };
}

const pick = <T>(g: Dice, among: readonly T[]): T => among[g(among.length)] as T;
const some = <T>(g: Dice, among: readonly T[], most: number): T[] => shuffled(g, among).slice(0, g(most + 1));
const shuffled = <T>(g: Dice, among: readonly T[]): T[] =>
  among
    .map((value) => ({ value, at: g(1_000_000) }))
    .toSorted((a, b) => a.at - b.at)
    .map((v) => v.value);
const PERSONS = ['1', '2', '3', '4', '5', '6', '7', '8'];

/** Tables that keep to what is declared of them, mostly, with persons of hundreds of groups now and then. */
export function drawPlannedTables(g: Dice): PlannedTables {
  const kinds = g(2) === 0 ? TEXTS : LONG_TEXTS;
  const rowsPerPerson = pick(g, [1, 3, 6, 400]);
  const rules = rulesDocument({
    rowsPerPerson,
    maxGroupsPerPerson: pick(g, [1, 2, 3, 1_000]),
    minGroupSize: 10,
    groupKeys: {
      kind: g(2) === 0 ? { values: ['a', 'b', "it's"] } : {},
      city: {},
      day: {},
      n: {},
      flag: {},
    },
    ...pick(g, [{}, { plannedGroups: [['city', 'kind'], ['day']] }, { plannedGroups: [['flag', 'n', 'kind']] }]),
    filters: ['amount', 'points'],
    measures: {
      amount: { min: pick(g, [-5, 0, 1]), max: 10, ...pick(g, [{}, { perPerson: { min: -3, max: 12 } }]) },
      points: { min: -2, max: pick(g, [3, 20]) },
    },
  });
  const isWild = g(2) === 0;
  const rowOf = (person: string | null): (string | null)[] => [
    person,
    pick(g, kinds),
    ...VISITS.slice(2).map(({ name }) => pick(g, VALUES[name] ?? [])),
  ];
  const most = isWild ? rowsPerPerson + 2 : rowsPerPerson;
  const rowsOfAll = [...PERSONS, null].flatMap((person) =>
    Array.from({ length: g(Math.min(most, 9) + 1) }, () => rowOf(person)),
  );
  const twice = isWild ? rowsOfAll.slice(0, 2) : [];
  const visits = [...rowsOfAll, ...twice, ...heavyRows(g, rowsPerPerson)];
  return {
    visits: { view: viewOf('shop', 'visits', VISITS, rules), rows: visits },
    people: { view: viewOf('brand', 'people', PEOPLE, peopleRules()), rows: onePerPerson(g, drawPerson) },
    tags: {
      view: viewOf('club', 'tags', TAGS, rulesDocument({ groupKeys: { tag: {} }, filters: ['tag'] })),
      rows: onePerPerson(g, (by) => [pick(by, TEXTS)]),
    },
  };
}

/** A person with more groups than a mask of bits or a byte can number. */
function heavyRows(g: Dice, rowsPerPerson: number): TestRows {
  const count = rowsPerPerson === 400 ? pick(g, [0, 65, 300]) : 0;
  return Array.from({ length: count }, (_, i) => [
    '9',
    `'k${i}'`,
    `'c${i % 70}'`,
    "'2024-01-01'",
    String(i),
    'true',
    '4.5',
    '3',
    "'x'",
  ]);
}

function peopleRules(): Record<string, unknown> {
  return rulesDocument({
    groupKeys: { segment: {}, vip: {} },
    filters: ['score'],
    measures: { score: { min: 0, max: 10 } },
  });
}

const drawPerson = (g: Dice): (string | null)[] => [
  pick(g, LONG_TEXTS),
  pick(g, [null, 'true', 'false']),
  pick(g, [null, '0', '2.5', '40']),
];

/** One row a person or none; now and then somebody has two after all, so that a match would not be the join. */
function onePerPerson(g: Dice, valuesOf: (g: Dice) => (string | null)[]): TestRows {
  const isBroken = g(3) === 0;
  const persons = [...PERSONS, '9', null].filter(() => g(5) > 0);
  const rows = persons.map((person) => [person, ...valuesOf(g)]);
  return isBroken ? [...rows, ...rows.slice(0, 1).map(([person = null]) => [person, ...valuesOf(g)])] : rows;
}

function viewOf(
  member: string,
  alias: string,
  columns: readonly TableColumn[],
  rules: Record<string, unknown>,
): TableView {
  return { member, alias, datasetId: `ds-${alias}`, columns, identifiers: ['email'], rules: goodRules(rules, columns) };
}

const FROM = [
  'shop.visits v',
  'shop.visits v',
  'shop.visits v join brand.people b using (email)',
  'brand.people b join shop.visits v on v.email = b.email',
  'shop.visits v join brand.people b on v.email = b.email join club.tags t on t.email = v.email',
  'shop.visits v left join brand.people b on v.email = b.email',
] as const;
const OWN_KEYS = ['v.kind', 'v.city', 'v.day', 'v.n', 'v.flag', 'lower(v.city)'];
const BESIDE_KEYS = ['b.segment', 'b.vip', "case when b.score > 2 then 'high' else 'low' end", 'upper(b.segment)'];
const OTHER_SETS = [['v.kind'], ['v.kind', 'v.city'], ['v.flag']];
const OWN_MEASURES = [
  'count(*)',
  'count(distinct v.email)',
  'count(v.amount)',
  'count(v.points)',
  'sum(v.amount)',
  'avg(v.amount)',
  'sum(v.points)',
  "count(*) filter (where v.kind = 'a')",
  'count(distinct v.email) filter (where v.flag)',
  "sum(v.amount) filter (where v.city in ('a', 'b'))",
  "sum(case when v.kind = 'a' then v.amount else 0 end)",
];
const ROW_MEASURES = [
  'median(v.points)',
  'count(distinct v.city)',
  'stddev(v.points)',
  'count(*) filter (where v.amount > 1)',
  'sum(clamp(v.amount, 0, 3))',
  'sum(cast(v.amount as double))',
  'avg(clamp(cast(v.amount as double), 0, 3))',
  'sum(case when v.flag then v.points else v.amount end)',
];
const LISTED_MEASURES = [
  ...['median(v.points)', 'count(distinct v.city)', 'count(distinct v.kind)', 'quantile_cont(v.amount, 0.9)'],
  ...['count(distinct v.n) filter (where v.flag)', 'count(distinct lower(v.city))'],
];
const BESIDE_MEASURES = ['sum(b.score)', 'count(*) filter (where b.vip)', 'sum(v.points) filter (where b.score > 1)'];
const OWN_FILTERS = ["v.kind <> 'a'", "v.day >= '2024-02-01'", 'v.flag is not null', 'v.email is not null'];
const BESIDE_FILTERS = ['b.vip', "b.segment in ('a', 'it''s')", 'b.score < 9', 'b.segment is null'];

const GROUPED_MEASURES = [
  ...['count(*)', 'count(distinct u)', 'sum(mean)', 'sum(n)', 'sum(clamp(total, 0, 3))', 'stddev(clamp(mean, 0, 9))'],
  ...['count(*) filter (where n > 1)', 'count(distinct u) filter (where p > 0)', 'avg(mean)', 'sum(p)'],
];

/** A question over a query that groups by the person, mostly one that pairs answer. */
function drawGroupedQuestion(g: Dice, { visits }: PlannedTables, set: readonly string[]): string {
  const { amount } = visits.view.rules.measures;
  const clamped = `clamp(v.amount, ${g(8) === 0 ? 2 : (amount?.min ?? 0)}, ${amount?.max ?? 1})`;
  const from = pick(g, FROM);
  const isBeside = from.includes('brand');
  const keys = [...set.map((key) => `v.${key}`), ...(isBeside && g(2) === 0 ? ['b.segment'] : [])];
  const made = ['count(*) as n', 'count(v.points) as p', `avg(${clamped}) as mean`, `sum(${clamped}) as total`];
  const within = keys.map((key, index) => `${key} as k${index}`);
  const where = g(4) === 0 ? ` where ${pick(g, [...OWN_FILTERS.slice(3), ...(isBeside ? BESIDE_FILTERS : [])])}` : '';
  const named = ['1', ...keys.map((_, index) => String(index + 2))].join(', ');
  const rows = `select v.email as u, ${[...within, ...made].join(', ')} from ${from}${where} group by ${named}`;
  const grade = g(4) === 0 ? ["case when n > 2 then 'many' else 'few' end"] : [];
  const shown = shuffled(g, [...keys.map((_, index) => `k${index}`), ...grade]).slice(g(8) === 0 ? 1 : 0);
  const measures = shuffled(g, GROUPED_MEASURES).slice(0, 1 + g(3));
  const grouped = shown.length === 0 ? '' : ` group by ${shown.map((_, index) => index + 1).join(', ')}`;
  const having = g(4) === 0 ? pick(g, [' where n > 1', ' where mean > 1', ' where total is not null']) : '';
  return `select ${[...shown, ...measures].join(', ')} from (${rows}) s${having}${grouped}`;
}

/** A question over them, mostly one that a planned set of columns answers. */
export function drawPlannedQuestion(g: Dice, tables: PlannedTables): string {
  const { plannedGroups, groupKeys } = tables.visits.view.rules;
  const sets =
    plannedGroups ??
    Object.keys(groupKeys)
      .slice(0, 4)
      .map((key) => [key]);
  if (g(4) === 0) return drawGroupedQuestion(g, tables, pick(g, [[], ...sets]));
  const planned = [[], ...sets, ...sets].map((set) => set.map((key) => `v.${key}`));
  const from = pick(g, [...FROM, ...FROM.slice(1, 3)]);
  const isBeside = from.includes('brand');
  const isRare = g(8) === 0;
  const own = isRare ? some(g, OWN_KEYS, 2) : pick(g, g(6) === 0 ? OTHER_SETS : planned);
  const beside = isBeside ? some(g, BESIDE_KEYS, 2) : [];
  const tag = from.includes('club') && g(2) === 0 ? ['t.tag'] : [];
  const keys = shuffled(g, [...own, ...beside, ...tag]);
  const among = [
    ...OWN_MEASURES,
    ...(isBeside ? BESIDE_MEASURES : []),
    ...(isRare ? ROW_MEASURES : []),
    ...(g(4) === 0 ? LISTED_MEASURES : []),
  ];
  const measures = shuffled(g, among).slice(0, 1 + g(3));
  const where = [
    ...(g(4) === 0 ? [pick(g, OWN_FILTERS)] : []),
    ...(isBeside && g(4) === 0 ? [pick(g, BESIDE_FILTERS)] : []),
    ...(isRare && g(2) === 0 ? ['v.amount > 1'] : []),
  ];
  const filter = where.length === 0 ? '' : ` where ${where.join(' and ')}`;
  const grouped = keys.length === 0 ? '' : ` group by ${keys.map((_, index) => index + 1).join(', ')}`;
  return `select ${[...keys, ...measures].join(', ')} from ${from}${filter}${grouped}`;
}

/** The table of visits under rules that a test names. */
export function viewOfVisits(overrides: Record<string, unknown>): TableView {
  const rules = rulesDocument({
    minGroupSize: 10,
    groupKeys: { kind: {}, city: {}, day: {}, n: {}, flag: {}, grade: { values: ['x', 'y'] } },
    filters: ['amount', 'points'],
    measures: { amount: { min: -5, max: 10 }, points: { min: -2, max: 20 } },
    ...overrides,
  });
  return viewOf('shop', 'visits', VISITS, rules);
}

const heavyRules = { maxGroupsPerPerson: 3, plannedGroups: [['kind'], ['city', 'kind'], ['grade'], ['day']] };

/** Visits within what is declared: of some persons with more than 64 and 255 pairs, one visit, or none at all. */
export const heavyTables: readonly FilledTable[] = [
  {
    view: viewOfVisits({ ...heavyRules, rowsPerPerson: 400 }),
    rows: Array.from({ length: 30 }, (_, person) => {
      const count = [1, 2, 5, 70, 300][person % 5] ?? 0;
      return Array.from({ length: person === 4 || count < 70 ? count : 5 }, (__, i) => {
        const amount = ['0', '4.5', '-5', '19.99', '-9999999999999999.99', null][(i + person) % 6] ?? null;
        const kind = i % 11 === 10 ? null : `'k${(i * 7 + person) % 290}'`;
        const city = [null, "'it''s'", "'😀'", `'${LONG}'`][(i + person) % 4] ?? null;
        return [String(person), kind, city, null, String(i), 'true', amount, '1', ["'x'", "'y'", "'z'"][i % 3] ?? null];
      });
    })
      .flat()
      .concat([[null, "'k1'", null, null, '1', 'true', '1', '1', "'x'"]]),
  },
  {
    view: viewOf('brand', 'people', PEOPLE, peopleRules()),
    rows: Array.from({ length: 34 }, (_, p) => [
      p === 33 ? null : String(p),
      ["'a'", null, "'b'"][p % 3] ?? null,
      ['true', 'false'][p % 2] ?? null,
      '1',
    ]),
  },
  {
    view: viewOf('club', 'tags', TAGS, rulesDocument({ groupKeys: { tag: {} } })),
    rows: Array.from({ length: 25 }, (_, p) => [String(p), ["'t'", "'😀'"][p % 2] ?? null]),
  },
];

/** The same where those with many visits are over what is declared, and some have two rows where one is declared. */
export const overTables: readonly FilledTable[] = heavyTables.map(({ view, rows }) => {
  if (view.alias === 'visits') return { view: viewOfVisits({ ...heavyRules, rowsPerPerson: 4 }), rows };
  const twice = rows.filter(([person]) => Number(person) % 4 === 1);
  return {
    view,
    rows: [
      ...rows,
      ...twice.map(([person = null, first, ...others]) => [person, first === null ? "'b'" : null, ...others]),
    ],
  };
});
