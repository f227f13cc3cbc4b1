import fc from 'fast-check';
import type { TestRows } from './load-table.ts';
import { edgeValues, wideRow } from './wide-table.ts';

/** Rows of the four test tables. */
export interface RandomData {
  readonly wide: TestRows;
  readonly events: TestRows;
  readonly outcomes: TestRows;
  readonly campaign: TestRows;
}

const pick = (...values: (string | null)[]): fc.Arbitrary<string | null> => fc.constantFrom(...values);
/** Few persons, so that groups and joins meet; one of them is nobody. */
const person = pick('1', '2', '3', '4', '5', null);

const wideValues = fc.record(
  Object.fromEntries(Object.entries(edgeValues).map(([name, values]) => [name, pick(...values)])),
);

/** Data that breaks every declaration: more rows and groups than declared, values out of bounds, duplicates, NULL. */
export const randomData: fc.Arbitrary<RandomData> = fc.record({
  wide: fc.array(
    fc.tuple(person, wideValues).map(([p, values]) => wideRow(p, values)),
    { minLength: 4, maxLength: 40 },
  ),
  events: fc.array(
    fc.tuple(
      person,
      pick("'a'", "'b'", "'c'", "'d'", "'e'", "'f'", null),
      pick("'2024-01-01'", "'2024-01-02'", "'2024-11-11'", null),
      pick('0.01', '99.99', '100', '-3', '9999999999999999.99', '-9999999999999999.99', null),
    ),
    { minLength: 4, maxLength: 60 },
  ),
  outcomes: fc.array(
    fc.tuple(
      person,
      pick('0', '1', '9223372036854775807', '-9223372036854775808', null),
      pick('0', '12.5', '500', '9999999999999999.99', '-1', null),
      pick("'10'", "'20'", null),
      pick('1', null),
    ),
    { minLength: 2, maxLength: 12 },
  ),
  campaign: fc.array(
    fc.tuple(person, pick("'gift'", "'coupon'", "'control'", "'other'", null), pick('true', 'false', null)),
    {
      minLength: 2,
      maxLength: 10,
    },
  ),
});

const literal = pick('0', '1', '-1', '2.5', '0.000001', '1e300', '9223372036854775807', '999999999999999999', 'null');
const call = (name: string, ...args: (string | null)[]): string => `${name}(${args.join(', ')})`;

const one = (names: readonly string[], arg: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...names), arg).map(([name, a]) => call(name, a));
const two = (
  operators: readonly string[],
  a: fc.Arbitrary<string>,
  b: fc.Arbitrary<string> = a,
): fc.Arbitrary<string> =>
  fc.tuple(a, fc.constantFrom(...operators), b).map(([l, operator, r]) => `(${l} ${operator} ${r})`);
const depth = { depthSize: 'small', withCrossShrink: true } as const;

/** The arbitraries of each type, for use in one another. */
type Types<T> = {
  whole: T;
  number: T;
  text: T;
  truth: T;
  moment: T;
};
type Tied = Types<fc.Arbitrary<string>>;

function wholeNumbers({ whole, number, text, truth, moment }: Tied): fc.Arbitrary<string> {
  const difference = fc.tuple(fc.constantFrom('day', 'hour', 'year'), moment, moment);
  return fc.oneof(
    depth,
    fc.constantFrom('n', 'm', '3', '-9223372036854775807'),
    two(['+', '-', '*', '//', '%'], whole),
    one(['abs', '-'], whole),
    one(['length'], text),
    one(['year', 'month', 'dayofweek', 'week'], moment),
    moment.map((a) => `extract(hour from ${a})`),
    difference.map(([part, a, b]) => `date_diff('${part}', ${a}, ${b})`),
    fc.oneof(number, text, truth).map((a) => `cast(${a} as bigint)`),
  );
}

function numbers({ whole, number, truth }: Tied): fc.Arbitrary<string> {
  const choice = fc.tuple(fc.constantFrom('coalesce', 'nullif', 'greatest', 'least'), number, number);
  const cast = fc.tuple(number, fc.constantFrom('double', 'decimal(18, 9)', 'decimal(4, 2)'));
  return fc.oneof(
    depth,
    fc.constantFrom('n', 'm', 'd', 'x'),
    literal.map(String),
    whole,
    two(['+', '-', '*', '/'], number),
    one(['abs', 'sign', 'floor', 'ceil', 'round', 'sqrt', 'ln', 'log10', 'exp', '-'], number),
    fc.tuple(number, number).map(([a, b]) => call('power', a, b)),
    fc.tuple(number, fc.constantFrom('0', '3', '9')).map(([a, b]) => call('round', a, b)),
    choice.map(([name, a, b]) => call(name, a, b)),
    fc.tuple(truth, number, number).map(([w, a, b]) => `case when ${w} then ${a} else ${b} end`),
    cast.map(([a, type]) => `cast(${a} as ${type})`),
    number.map((a) => `clamp(${a}, -3, 2.5)`),
    one(['isv.risk'], number),
    one(['isv.steps'], whole),
  );
}

function texts({ whole, number, text, moment }: Tied): fc.Arbitrary<string> {
  return fc.oneof(
    depth,
    fc.constantFrom('label', "'a'", "'上'"),
    one(['lower', 'upper', 'trim'], text),
    two(['||'], text),
    fc.tuple(text, text).map(([a, b]) => call('concat', a, b)),
    text.map((a) => `replace(${a}, 'aa', 'b')`),
    fc.tuple(fc.constantFrom('left', 'right', 'substr'), text, whole).map(([name, a, b]) => call(name, a, b)),
    fc.tuple(text, whole, whole).map(([a, b, c]) => call('substring', a, b, c)),
    fc.oneof(number, moment).map((a) => `cast(${a} as text)`),
    one(['isv.tier'], text),
  );
}

function truths({ number, text, truth, moment }: Tied): fc.Arbitrary<string> {
  const ends = fc.tuple(fc.constantFrom('starts_with', 'ends_with'), text, text);
  // What is searched for stands in the question: a long text within a long one takes too long on one row.
  const search = fc.oneof(ends, fc.tuple(fc.constant('contains'), text, fc.constantFrom("'a'", "'上'")));
  return fc.oneof(
    depth,
    fc.constantFrom('flag', 'n > 0', 'label is null', "day >= '2024-01-01'"),
    two(['=', '<>', '<', '<=', '>', '>='], number),
    two(['=', '<'], text),
    two(['<', '='], moment),
    two(['and', 'or'], truth),
    truth.map((a) => `(not ${a})`),
    fc.tuple(text, fc.constantFrom('like', 'not like', 'ilike')).map(([a, f]) => `(${a} ${f} '%a_%')`),
    search.map(([name, a, b]) => call(name, a, b)),
    fc.tuple(number, number, number).map(([a, b, c]) => `(${a} between ${b} and ${c})`),
    fc.tuple(number, number).map(([a, b]) => `(${a} in (${b}, 3))`),
    number.map((a) => `cast(${a} as boolean)`),
  );
}

function moments({ whole, text, moment }: Tied): fc.Arbitrary<string> {
  return fc.oneof(
    depth,
    fc.constantFrom('day', 'moment'),
    moment.map((a) => `date_trunc('month', ${a})`),
    text.map((a) => `cast(${a} as date)`),
    whole.map((a) => `(day + ${a})`),
    moment.map((a) => `cast(${a} as timestamp)`),
  );
}

/** Expressions over the wide table: every function and operator that questions know, nested at random. */
const expressions = fc.letrec<Types<string>>((tie) => {
  const tied: Tied = {
    whole: tie('whole'),
    number: tie('number'),
    text: tie('text'),
    truth: tie('truth'),
    moment: tie('moment'),
  };
  return {
    whole: wholeNumbers(tied),
    number: numbers(tied),
    text: texts(tied),
    truth: truths(tied),
    moment: moments(tied),
  };
});

interface Source {
  readonly from: string;
  readonly keys: fc.Arbitrary<string>;
  readonly measures: fc.Arbitrary<string>;
  readonly filters: fc.Arbitrary<string>;
}

const wideMeasure = fc.oneof(
  expressions.number.map((e) => `sum(clamp(${e}, -40, 70.25))`),
  expressions.number.map((e) => `avg(clamp(${e}, 1, 5))`),
  expressions.number.map((e) => `sum(isv.risk(${e}))`),
  fc.constantFrom(
    'sum(n)',
    'sum(d)',
    'sum(-d)',
    'sum(clamp(n, -90, 3))',
    'avg(d)',
    'sum(n * m)',
    'sum(case when flag then d end)',
    'count(label)',
  ),
  fc
    .tuple(fc.constantFrom('count(*)', 'count(distinct email)', 'sum(d)'), expressions.truth)
    .map(([a, w]) => `${a} filter (where ${w})`),
);
const wideKey = fc.oneof(
  expressions.text,
  expressions.whole,
  expressions.truth,
  expressions.moment,
  expressions.number,
);
const eventMeasure = fc.constantFrom(
  'count(*)',
  'sum(e.amount)',
  'avg(e.amount)',
  "sum(case when e.category = 'a' then e.amount else 0 end)",
  'sum(e.amount) filter (where e.day is null)',
  'count(e.amount)',
  'sum(clamp(e.amount / 3, -1, 7))',
);
const outcomeMeasure = fc.constantFrom('sum(o.spend)', 'sum(o.visit)', 'avg(o.spend)', 'sum(o.spend * o.visit)');
const eventKey = fc.constantFrom('e.category', 'e.day', 'year(e.day)', "coalesce(e.category, 'none')");
const outcomeKey = fc.constantFrom('o.zip', 'length(o.zip)');
const campaignKey = fc.constantFrom('c.arm', 'c.mens');
const nothing = fc.constant('1 = 1');

const sources: readonly Source[] = [
  { from: 'market.wide', keys: wideKey, measures: wideMeasure, filters: expressions.truth },
  { from: 'market.events e', keys: eventKey, measures: eventMeasure, filters: fc.constant("e.category <> 'b'") },
  { from: 'market.outcomes o', keys: outcomeKey, measures: outcomeMeasure, filters: fc.constant('o.visit = 1') },
  {
    from: 'market.events e join market.outcomes o using (email)',
    keys: fc.oneof(eventKey, outcomeKey),
    measures: fc.oneof(eventMeasure, outcomeMeasure),
    filters: nothing,
  },
  {
    from: 'market.outcomes o join brand.campaign c on o.email = c.email',
    keys: fc.oneof(outcomeKey, campaignKey),
    measures: outcomeMeasure,
    filters: fc.constant('c.mens'),
  },
  {
    from: 'market.events e join market.outcomes o using (email) join brand.campaign c on c.email = e.email',
    keys: fc.oneof(eventKey, campaignKey),
    measures: fc.oneof(eventMeasure, outcomeMeasure, fc.constant('count(distinct e.email) filter (where c.mens)')),
    filters: fc.constant("c.arm = 'gift' or e.day is null"),
  },
];

/** Questions that the rules allow, over one to three tables, with up to two keys and up to three measures. */
export const randomQuestion: fc.Arbitrary<string> = fc.constantFrom(...sources).chain((source) =>
  fc
    .record({
      keys: fc.array(source.keys, { maxLength: 2 }),
      measures: fc.array(source.measures, { minLength: 1, maxLength: 3 }),
      filter: fc.option(source.filters),
    })
    .map(({ keys, measures, filter }) => {
      const where = filter === null ? '' : ` where ${filter}`;
      // By position, as a key that is a bare number would itself be one.
      const grouping = keys.length === 0 ? '' : ` group by ${keys.map((_, i) => i + 1).join(', ')}`;
      return `select ${[...keys, ...measures].join(', ')} from ${source.from}${where}${grouping}`;
    }),
);
