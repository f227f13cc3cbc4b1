import fc from 'fast-check';

/** The released tables of random queries, as WITH names over the test tables. */
export const RELEASED_TABLES =
  'with a as (select category as g, day as d, count(*) as n, sum(amount) as s from market.events group by category, day), ' +
  'b as (select zip as g, count(*) as m, avg(spend) as v from market.outcomes group by zip)';

/** A row of either table, as SQL literals. */
export type LiteralRow = readonly string[];

const text = fc.constantFrom("'x'", "'y'", "'z'", "'上'", 'null');
const day = fc.constantFrom("'2024-01-01'", "'2024-01-03'", "'2024-02-29'", 'null');
const whole = fc.integer({ min: -5, max: 60 }).map(String);
const fraction = fc.constantFrom('0.5', '12.25', '-3', '99.99', '7', 'null');

/** Rows of `a` (g, d, n, s) and `b` (g, m, v), with ties, gaps and NULL. */
export const releasedRows: fc.Arbitrary<{ readonly a: readonly LiteralRow[]; readonly b: readonly LiteralRow[] }> =
  fc.record({
    a: fc.array(fc.tuple(text, day, whole, fraction), { maxLength: 9 }),
    b: fc.array(fc.tuple(text, whole, fraction), { maxLength: 6 }),
  });

interface Columns {
  readonly whole: readonly string[];
  readonly number: readonly string[];
  readonly text: readonly string[];
  readonly day: readonly string[];
}

const ofA: Columns = { whole: ['a.n'], number: ['a.n', 'a.s'], text: ['a.g'], day: ['a.d'] };
const ofB: Columns = { whole: ['b.m'], number: ['b.m', 'b.v'], text: ['b.g'], day: [] };
const ofBoth: Columns = {
  whole: [...ofA.whole, ...ofB.whole],
  number: [...ofA.number, ...ofB.number],
  text: [...ofA.text, ...ofB.text],
  day: ofA.day,
};

const pick = (names: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...names);
const call = (names: readonly string[], ...args: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(pick(names), ...args).map(([name, ...given]) => `${name}(${given.join(', ')})`);

function numbers(from: Columns): fc.Arbitrary<string> {
  const base = pick([...from.number, '2', '1.5']);
  return fc.oneof(
    base,
    fc.tuple(base, pick(['+', '-', '*']), base).map(([l, operator, r]) => `(${l} ${operator} ${r})`),
    // A division by zero is NULL in Galley and no number, or an infinite one, in DuckDB.
    fc.tuple(base, pick(['2', '1.5', '-4'])).map(([l, r]) => `(${l} / ${r})`),
    call(
      ['abs', 'sign', 'floor', 'ceil', 'cbrt', 'degrees', 'trunc', 'sqrt', 'ln'],
      base.map((b) => `abs(${b}) + 1`),
    ),
    call(['coalesce', 'ifnull', 'greatest', 'least', 'nullif'], base, base),
    call(['length', 'strlen', 'ascii', 'unicode'], pick(from.text)),
    fc.tuple(base, base, base).map(([a, b, c]) => `case when ${a} > 3 then ${b} else ${c} end`),
  );
}

function texts(from: Columns): fc.Arbitrary<string> {
  const base = pick([...from.text, "'q'"]);
  return fc.oneof(
    base,
    call(['upper', 'reverse', 'trim', 'md5'], base),
    call(['concat_ws'], fc.constant("'-'"), base, base),
    call(['lpad'], base, fc.constant('3'), fc.constant("'*'")),
    call(['regexp_replace'], base, fc.constant("'[xy]'"), fc.constant("'_'")),
    ...(from.day.length > 0 ? [call(['dayname', 'monthname'], pick(from.day))] : []),
    numbers(from).map((n) => `cast(${n} > 2 as text)`),
  );
}

function conditions(from: Columns): fc.Arbitrary<string> {
  const n = numbers(from);
  return fc.oneof(
    fc.tuple(n, pick(['=', '<>', '<', '>=']), n).map(([l, operator, r]) => `${l} ${operator} ${r}`),
    pick(from.text).map((t) => `${t} is not null`),
    fc.tuple(pick(from.text), pick(from.text)).map(([l, r]) => `${l} is not distinct from ${r}`),
    pick(from.text).map((t) => `regexp_matches(${t}, '[xz]')`),
    pick(from.text).map((t) => `${t} in ('x', 'z')`),
    n.map((e) => `not (${e} between 0 and 20)`),
    ...(from.day.length > 0 ? [pick(from.day).map((d) => `${d} + interval 2 day > timestamp '2024-01-04'`)] : []),
  );
}

function aggregates(from: Columns): fc.Arbitrary<string> {
  const plain = fc.oneof(
    fc.constant('count(*)'),
    call(['sum', 'min', 'max', 'avg', 'median', 'stddev_pop', 'count', 'var_pop', 'bit_xor'], pick(from.whole)),
    pick(from.number).map((n) => `sum(distinct ${n})`),
    pick(from.text).map((t) => `count(distinct ${t})`),
    fc.tuple(pick(from.text), pick(from.whole)).map(([t, n]) => `string_agg(${t}, '/' order by ${t} desc, ${n})`),
    fc.tuple(pick(from.number), pick(['0.25', '0.9'])).map(([n, q]) => `quantile_cont(${n}, ${q})`),
    conditions(from).map((c) => `bool_or(${c})`),
    conditions(from).map((c) => `count_if(${c})`),
  );
  return fc.oneof(
    plain,
    fc.tuple(pick(from.number), conditions(from)).map(([n, c]) => `max(${n}) filter (where ${c})`),
  );
}

function windows(from: Columns): fc.Arbitrary<string> {
  // A total order, as the engine may break ties as it likes.
  const order = [...from.whole, ...from.number, ...from.text, ...from.day].join(', ');
  const functions = fc.oneof(
    call(['row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist']),
    call(['lag', 'lead', 'first_value', 'last_value'], pick(from.number)),
    fc.tuple(pick(from.text), pick(['1', '2'])).map(([t, n]) => `lag(${t}, ${n}, 'none')`),
    fc.constant('ntile(3)'),
    call(['sum', 'min', 'max', 'count'], pick(from.whole)),
    pick(from.number).map((n) => `nth_value(${n}, 2)`),
  );
  const frames = pick([
    '',
    'rows between 1 preceding and current row',
    'rows between unbounded preceding and unbounded following',
    'rows between current row and 2 following exclude current row',
    'groups between 1 preceding and 1 following',
  ]);
  return fc
    .tuple(functions, fc.option(pick(from.text)), frames)
    .map(([f, by, frame]) => `${f} over (${by === null ? '' : `partition by ${by} `}order by ${order} ${frame})`);
}

const sources: readonly { readonly from: fc.Arbitrary<string>; readonly columns: Columns }[] = [
  { from: fc.constant('a'), columns: ofA },
  { from: fc.constant('b'), columns: ofB },
  {
    from: fc.constant("b join (values (1, 2.5, 'x'), (2, null, 'y')) w(k, f, t) on b.g = w.t"),
    columns: { whole: ['b.m', 'w.k'], number: ['w.f', 'b.v'], text: ['b.g', 'w.t'], day: [] },
  },
  { from: fc.constant('(select g, d, n + 1 as n, s from a where n > 0) a'), columns: ofA },
  { from: conditions(ofA).map((c) => `(select * from a where ${c} union all select * from a) a`), columns: ofA },
  { from: pick(['semi', 'anti']).map((how) => `a ${how} join b on a.g = b.g`), columns: ofA },
  {
    from: fc
      .tuple(pick(['join', 'left join', 'right join', 'full join']), pick(['a.g = b.g', 'a.g = b.g and a.n > b.m']))
      .map(([how, on]) => `a ${how} b on ${on}`),
    columns: ofBoth,
  },
  { from: fc.constant('a, b'), columns: ofBoth },
];

/** Items with names of their own. */
const selectList = (items: readonly string[]): string => items.map((item, i) => `${item} as c${i}`).join(', ');

const plainQuery = fc.constantFrom(...sources).chain(({ from, columns }) => {
  const item = fc.oneof(
    numbers(columns),
    texts(columns),
    conditions(columns).map((c) => `(${c})`),
    windows(columns),
  );
  return fc
    .record({
      from,
      items: fc.array(item, { minLength: 1, maxLength: 4 }),
      where: fc.option(conditions(columns)),
      qualify: fc.option(windows(columns)),
      distinct: fc.boolean(),
    })
    .map((q) => {
      const where = q.where === null ? '' : ` where ${q.where}`;
      const qualify = q.qualify === null ? '' : ` qualify ${q.qualify} is not null`;
      return `select ${q.distinct ? 'distinct ' : ''}${selectList(q.items)} from ${q.from}${where}${qualify}`;
    });
});

const groupedQuery = fc.constantFrom(...sources).chain(({ from, columns }) =>
  fc
    .record({
      from,
      keys: fc.uniqueArray(pick([...columns.text, ...columns.day]), { maxLength: 2 }),
      how: pick(['plain', 'rollup', 'cube']),
      measures: fc.array(aggregates(columns), { minLength: 1, maxLength: 3 }),
      having: fc.option(aggregates(columns)),
      ranked: fc.boolean(),
    })
    .map(({ from: source, keys, how, measures, having, ranked }) => {
      const isSets = how !== 'plain' && keys.length > 0;
      const grouping = isSets ? [`grouping(${keys.join(', ')})`] : [];
      const rank = ranked ? [`sum(count(*)) over (${keys[0] === undefined ? '' : `partition by ${keys[0]}`})`] : [];
      const by = keys.length === 0 ? '' : ` group by ${isSets ? `${how}(${keys.join(', ')})` : keys.join(', ')}`;
      const condition = having === null ? '' : ` having ${having} is not null`;
      return `select ${selectList([...keys, ...grouping, ...measures, ...rank])} from ${source}${by}${condition}`;
    }),
);

const setOperation = fc
  .tuple(
    pick(['union', 'union all', 'intersect', 'intersect all', 'except', 'except all']),
    conditions(ofA),
    pick(['select g, m from b', 'select g, n from a', "values ('x', 3), ('y', null)"]),
  )
  .map(([operator, c, right]) => `select g, n from a where ${c} ${operator} ${right} order by 2 desc, g`);

const withSubquery = fc
  .tuple(
    pick([
      '(select max(b.m) from b where b.g = a.g)',
      '(select count(*) from b where b.m < a.n)',
      'exists (select 1 from b where b.g = a.g and b.m > a.n)',
      'a.g in (select b.g from b where b.g is not null)',
      'a.n not in (select m from b)',
      '(select sum(x.n) from a x where x.g = a.g and x.n <= a.n)',
      '(select b.g from b where b.m = a.n order by 1 limit 1)',
      '(select avg(q.m) from (select m from b where b.g = a.g) q)',
    ]),
    numbers(ofA),
    fc.boolean(),
  )
  .map(([e, n, isFilter]) =>
    isFilter ? `select ${n} as c0, g from a where ${e} is not null` : `select ${n} as c0, ${e} as c1 from a`,
  );

const pivoted = fc.constantFrom(
  "from (select g, d, n from a) pivot (sum(n) for g in ('x', 'y'))",
  "from (select g, d, n from a) pivot (sum(n) as total, count(*) as rows for g in ('x' as one, 'zz') group by d)",
  "pivot (select g, n > 10 as big, n from a) on g in ('x', 'y') using max(n) group by big",
  "from (select g, n > 10 as big, n from a) pivot (min(n) for g in ('x', 'y') big in (true, false))",
);

const joinedUsing = fc
  .tuple(pick(['join', 'left join', 'right join', 'full join']), pick(['g, n, m', '*', 'a.g as x, b.g as y, g', 'b.*']))
  .map(([how, items]) => `select ${items} from a ${how} b using (g)`);

/** Queries over released tables `a` and `b`, in nearly every way that DuckDB knows. */
export const randomOuterQuery: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: plainQuery },
  { weight: 4, arbitrary: groupedQuery },
  { weight: 2, arbitrary: setOperation },
  { weight: 2, arbitrary: withSubquery },
  { weight: 1, arbitrary: pivoted },
  { weight: 1, arbitrary: joinedUsing },
);
