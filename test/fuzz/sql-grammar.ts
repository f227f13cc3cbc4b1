import type { Choices } from './choices.ts';

/** Deepest nesting of a made question. */
const MAX_DEPTH = 4;

const tables = [
  'market.outcomes',
  'brand.campaign',
  'market.events',
  'market.outcomes o',
  'market.events e',
  'nobody.there',
];
const columns = [
  'email',
  'visit',
  'spend',
  'zip',
  'arm',
  'mens',
  'category',
  'day',
  'amount',
  'o.zip',
  'e.day',
  'n',
  's.n',
  'secret_score',
  '__proto__',
];
const literals = [
  '0',
  '1',
  '-3',
  '2.5',
  "'a'",
  "'2024-01-01'",
  'null',
  'true',
  '1e300',
  '99999999999999999999',
  "date '2024-01-01'",
];
const scalars = [
  'abs',
  'lower',
  'length',
  'year',
  'round',
  'coalesce',
  'concat',
  'power',
  'greatest',
  'date_trunc',
  'left',
  'typeof',
  'constructor',
  'md5',
  'isv.risk',
  'isv.tier',
  'isv.churn',
  'brand.lower',
];
const aggregates = [
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'median',
  'arg_max',
  'stddev',
  'list',
  'quantile_cont',
  'approx_count_distinct',
  'bool_or',
  '__proto__',
  'constructor',
];
const operators = [
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '||',
  '=',
  '<>',
  '<',
  '>=',
  ' and ',
  ' or ',
  ' like ',
  ' is distinct from ',
  ' glob ',
];
const joins = [
  'join',
  'left join',
  'full join',
  'cross join',
  'semi join',
  'anti join',
  'natural join',
  'asof join',
  'positional join',
];
const setOperators = ['union all', 'union', 'intersect', 'except all', 'union all by name'];

/** Questions in the grammar of DuckDB, far beyond what we accept, of names that often exist. */
export class SqlGrammar {
  readonly #choices: Choices;

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  /** One question; mostly plain, sometimes with everything. */
  question(depth = 0): string {
    const c = this.#choices;
    const ctes = c.onceIn(6) && depth === 0 ? `with s as (${this.question(1)}) ` : '';
    const core = ctes + this.#select(depth);
    const set = c.onceIn(15) ? ` ${c.of(setOperators)} ${this.#select(depth + 1)}` : '';
    const order = c.onceIn(5) ? ` order by ${c.of(['1', 'n', this.#expression(depth + 2)])}` : '';
    return core + set + order + (c.onceIn(6) ? ` limit ${c.of(['5', '0', '-1', '(select 1)', '1e9', '10%'])}` : '');
  }

  #select(depth: number): string {
    const c = this.#choices;
    const keys = this.#list(c.below(3), () => (c.onceIn(3) ? this.#expression(depth + 2) : c.of(columns)));
    const items = [...keys, ...this.#list(1 + c.below(2), () => this.#item(depth))];
    const distinct = c.onceIn(15) ? 'distinct ' : '';
    const where = c.onceIn(2) ? ` where ${this.#condition(depth + 1)}` : '';
    const grouping = c.of([keys.map((_, i) => i + 1).join(', '), keys.join(', '), 'all', 'rollup (zip)']);
    const group = keys.length > 0 && !c.onceIn(8) ? ` group by ${grouping}` : '';
    const having = c.onceIn(8) ? ` having ${this.#condition(depth + 2)}` : '';
    const qualify = c.onceIn(40) ? ' qualify row_number() over (order by 1) = 1' : '';
    return `select ${distinct}${items.join(', ')} from ${this.#from(depth)}${where}${group}${having}${qualify}`;
  }

  #item(depth: number): string {
    const c = this.#choices;
    if (c.onceIn(3)) return 'count(*) as n';
    if (c.onceIn(4)) return 'count(distinct email) as n';
    const alias = c.onceIn(2) ? ` as ${c.of(['n', 'm', '"a b"', '人数'])}` : '';
    return this.#aggregate(depth + 1) + alias;
  }

  #aggregate(depth: number): string {
    const c = this.#choices;
    const distinct = c.onceIn(8) ? 'distinct ' : '';
    const arg = c.onceIn(3)
      ? `clamp(${this.#expression(depth + 1)}, 0, ${c.of(literals)})`
      : this.#expression(depth + 1);
    const more = c.onceIn(10) ? `, ${this.#expression(depth + 1)}` : '';
    const filter = c.onceIn(6) ? ` filter (where ${this.#condition(depth + 1)})` : '';
    const over = c.onceIn(15) ? ` over (partition by ${c.of(columns)} order by ${c.of(columns)})` : '';
    return `${c.of(aggregates)}(${distinct}${arg}${more})${filter}${over}`;
  }

  #from(depth: number): string {
    const c = this.#choices;
    if (depth >= MAX_DEPTH || c.onceIn(2)) return c.of(tables);
    const left = c.onceIn(4) ? `(${this.question(depth + 1)}) s` : c.of(tables);
    if (c.onceIn(3)) return left;
    const right = c.onceIn(5) ? `(${this.question(depth + 1)}) t` : c.of(tables);
    const on = c.onceIn(2) ? ' using (email)' : ` on ${this.#condition(depth + 2)}`;
    return `${left} ${c.onceIn(3) ? c.of(joins) : 'join'} ${right}${c.onceIn(8) ? '' : on}`;
  }

  #condition(depth: number): string {
    const c = this.#choices;
    if (c.onceIn(12)) return `${c.of(columns)} in (${c.onceIn(2) ? this.question(depth + 2) : c.of(literals)})`;
    if (c.onceIn(20)) return `exists (${this.question(depth + 2)})`;
    if (c.onceIn(3)) return `${c.of(columns)} ${c.of(['=', '<', '>=', '<>'])} ${c.of(literals)}`;
    if (c.onceIn(6)) return 'o.email = e.email';
    return this.#expression(depth);
  }

  #expression(depth: number): string {
    const c = this.#choices;
    if (depth > MAX_DEPTH || c.onceIn(3)) return c.onceIn(3) ? c.of(literals) : c.of(columns);
    const inner = (): string => this.#expression(depth + 1);
    switch (c.below(9)) {
      case 0:
        return `${c.of(scalars)}(${this.#list(1 + c.below(3), inner).join(', ')})`;
      case 1:
        return `case when ${this.#condition(depth + 1)} then ${inner()} else ${inner()} end`;
      case 2:
        return `${c.of(['cast', 'try_cast'])}(${inner()} as ${c.of(['bigint', 'text', 'date', 'double', 'decimal(9, 2)', 'hugeint'])})`;
      case 3:
        return c.onceIn(4) ? `(${this.question(depth + 2)})` : `(${inner()})`;
      case 4:
        return c.onceIn(3) ? this.#aggregate(depth + 1) : `-${inner()}`;
      case 5:
        return `${inner()} between ${inner()} and ${inner()}`;
      default:
        return `(${inner()} ${c.of(operators)} ${inner()})`;
    }
  }

  #list(count: number, make: () => string): readonly string[] {
    return Array.from({ length: count }, make);
  }
}
