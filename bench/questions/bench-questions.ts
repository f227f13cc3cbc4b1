/** Where a plain query reads from, and what it calls a person there. */
export interface PlainTables {
  readonly from: string;
  readonly person: string;
}

/** The same without protection: columns have one name on every layout. */
export interface PlainQuery {
  readonly keys: readonly string[];
  /** Aggregates by name. Persons are written `{person}`. */
  readonly aggregates: Readonly<Record<string, string>>;
  readonly where: string | null;
  /** A query within, for what is grouped twice; it reads `{from}`, and groups by `{person}`. */
  readonly inner: string | null;
  /** Persons never cross shards: whether the parts of shards add up, so that the plain query may use them too. */
  readonly addsUp: boolean;
  readonly countsPersons: boolean;
}

/** The most that ratios should be at 20 and 100 million events, by what a question is compared with. */
export interface Targets {
  readonly handedIn?: number;
  readonly own?: number;
  /** The plain query over the same tables in the same shards. */
  readonly ownInMemory?: number;
  readonly ownWithoutPersons?: number;
}

/** A question of the bench, in each of the ways that it is run. */
export interface BenchQuestion {
  /** Names the row. */
  readonly name: string;
  readonly mode: 'private' | 'threshold' | 'audience';
  readonly sql: string;
  readonly plain: PlainQuery;
  /** Also compared with the plain query that counts no persons: the harder baseline. */
  readonly against: 'persons' | 'also without persons';
  readonly targets: Targets;
}

const JOINED = 'from jiufang.events e join chenxi.members m on e.uid = m.uid';
const PERSONS = 'count(distinct {person})';
const SUM = 'sum(amount)';

interface Fields {
  readonly keys: readonly string[];
  readonly where?: string;
  readonly aggregates: Readonly<Record<string, string>>;
}

/** A question whose aggregates DuckDB and Galley write alike, over the events of the brand's members. */
function ofGroups(name: string, { keys, where, aggregates }: Fields, more: Partial<BenchQuestion> = {}): BenchQuestion {
  const items = [...keys, ...Object.entries(aggregates).map(([as, of]) => `${of} as ${as}`)].join(', ');
  const rows = `${JOINED}${where === undefined ? '' : ` where ${where}`}`;
  return {
    name,
    mode: 'private',
    sql: `select ${items.replaceAll('{person}', 'e.uid')} ${rows} group by ${keys.join(', ')}`,
    plain: {
      keys,
      aggregates,
      where: where ?? null,
      inner: null,
      addsUp: isAdding(aggregates),
      countsPersons: Object.values(aggregates).includes(PERSONS),
    },
    against: 'persons',
    targets: {},
    ...more,
  };
}

/** Counts, sums and persons of shards add up; averages, quantiles and distinct values of all shards together do not. */
function isAdding(aggregates: PlainQuery['aggregates']): boolean {
  return Object.values(aggregates).every((of) => of === PERSONS || /^(count\(\*\)|sum\(\w+\))$/.test(of));
}

const PLANNED: Targets = { handedIn: 0.1, own: 0.3, ownWithoutPersons: 0.9 };
const DYNAMIC: Targets = { handedIn: 0.3, ownInMemory: 1.2 };
const THRESHOLD: Targets = { own: 1.05 };

const reachAndSum = { persons: PERSONS, amount: SUM };
const twoKeys = ['segment', 'category'];

/** Frequency: how many persons have so many events, of each segment. Plain and protected group by the person first. */
const frequency: BenchQuestion = {
  name: 'frequency by segment: a query grouped by the person first',
  mode: 'private',
  sql: `select segment, grade, count(*) as persons from (select e.uid, m.segment as segment, case when count(*) >= 50 then 'many'
    when count(*) >= 10 then 'some' else 'few' end as grade ${JOINED} group by e.uid, m.segment) s group by segment, grade`,
  plain: {
    keys: ['segment', 'grade'],
    aggregates: { persons: 'count(*)' },
    where: null,
    inner: `SELECT segment, CASE WHEN count(*) >= 50 THEN 'many' WHEN count(*) >= 10 THEN 'some' ELSE 'few' END AS grade
      FROM {from} GROUP BY {person}, segment`,
    addsUp: true,
    countsPersons: true,
  },
  against: 'persons',
  targets: {},
};

/** An audience of the brand's members by their events. */
function ofPersons(name: string, where: string): BenchQuestion {
  return {
    name,
    mode: 'audience',
    sql: `select e.uid ${JOINED} where ${where}`,
    plain: {
      keys: [],
      aggregates: { person: 'DISTINCT {person}' },
      where,
      inner: null,
      addsUp: false,
      countsPersons: true,
    },
    against: 'persons',
    targets: {},
  };
}

/** All questions of the bench. */
export const BENCH_QUESTIONS: readonly BenchQuestion[] = [
  ofGroups('reach by attribute', { keys: ['category'], aggregates: { persons: PERSONS } }, { targets: PLANNED }),
  ofGroups(
    'reach and sum by two keys, planned dimensions',
    { keys: twoKeys, aggregates: reachAndSum },
    { against: 'also without persons', targets: PLANNED },
  ),
  ofGroups(
    'reach, rows and sum by two keys, planned dimensions',
    { keys: twoKeys, aggregates: { rows: 'count(*)', ...reachAndSum } },
    { against: 'also without persons', targets: PLANNED },
  ),
  ofGroups(
    'reach and sum by two keys, dynamic bounds: day < 60',
    {
      keys: twoKeys,
      where: 'day < 60',
      aggregates: reachAndSum,
    },
    { targets: DYNAMIC },
  ),
  ofGroups(
    'reach and sum by two keys, dynamic bounds: purchases',
    {
      keys: twoKeys,
      where: "event_type = 'purchase'",
      aggregates: reachAndSum,
    },
    { targets: DYNAMIC },
  ),
  ofGroups(
    'reach, rows and sum by 200 groups',
    { keys: ['category'], aggregates: { rows: 'count(*)', ...reachAndSum } },
    { targets: PLANNED },
  ),
  ofGroups(
    'reach, rows and sum by 1,000 groups',
    {
      keys: ['subcategory'],
      aggregates: { rows: 'count(*)', ...reachAndSum },
    },
    { targets: PLANNED },
  ),
  ofGroups(
    'general question: unknown groups of a key that was not planned, day < 60',
    {
      keys: ['city'],
      where: 'day < 60',
      aggregates: reachAndSum,
    },
    { targets: DYNAMIC },
  ),
  ofGroups('average order value by segment', {
    keys: ['segment'],
    where: "event_type = 'purchase'",
    aggregates: { value: 'sum(amount) / count(*)' },
  }),
  ofGroups('distinct products by segment', { keys: ['segment'], aggregates: { products: 'count(distinct product)' } }),
  frequency,
  ofGroups('median and 90th percentile by segment', {
    keys: ['segment'],
    aggregates: { middle: 'quantile_cont(amount, 0.5)', high: 'quantile_cont(amount, 0.9)' },
  }),
  ofPersons('audience: members of a segment with a purchase', "segment = 'segment1' and event_type = 'purchase'"),
  ofPersons(
    'audience: members of a segment, by a planned dimension',
    "segment = 'segment1' and category in ('c000', 'c001')",
  ),
  ofGroups(
    'threshold mode: reach and sum by two keys',
    { keys: twoKeys, aggregates: reachAndSum },
    { mode: 'threshold', targets: THRESHOLD },
  ),
];
