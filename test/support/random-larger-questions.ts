import fc from 'fast-check';
import type { Draw, RandomCollaboration } from './random-collaboration.ts';
import { type Column, type Kind, RandomExpressions, type Scope } from './random-scope.ts';

/** Something that FROM can name, with what it shows. */
interface Relation {
  /** Text for FROM, without its alias. */
  readonly text: string;
  readonly alias: string;
  readonly columns: readonly Column[];
  /** The column that holds the person; `null` for public tables. */
  readonly person: string | null;
  /** Equalities that a public table wants, by column. */
  readonly keys: readonly string[];
  /** Most rows of a person, about. */
  readonly rows: number;
}

/** FROM and WHERE as they are written. */
interface Joined {
  readonly from: string;
  readonly where: readonly string[];
  readonly scope: Scope;
  readonly rows: number;
}

/**
 * Beyond so many rows a person no more is joined: questions over the limit of joins are refused, which tests nothing.
 */
const MAX_ROWS = 300;

/**
 * Writes questions of the whole accepted language over tables of a collaboration.
 *
 * `isPortable` keeps to questions that DuckDB answers alike when they are put to it as they are.
 */
export class QuestionWriter {
  readonly #g: Draw;
  readonly #tables: RandomCollaboration;
  readonly #isPortable: boolean;
  readonly #expressions: RandomExpressions;
  readonly #ctes: { readonly name: string; readonly text: string; readonly relation: Relation }[] = [];
  #names = 0;

  constructor(g: Draw, tables: RandomCollaboration, isPortable: boolean) {
    this.#g = g;
    this.#tables = tables;
    this.#isPortable = isPortable;
    this.#expressions = new RandomExpressions(g, (scope, depth) => this.#membership(scope, depth));
  }

  /** One question. */
  question(): string {
    const joined = this.#joined(3);
    const { scope } = joined;
    const keys = this.#many(0, 3, () => this.#expressions.key(scope, 1));
    const measures = this.#many(1, 4, () => this.#measure(scope));
    const items = [
      ...keys.map((key, index) => `${key} as g${index}`),
      ...measures.map((measure, index) => `${measure} as a${index}`),
    ];
    const groupBy = this.#groupBy(keys);
    const ctes = this.#ctes.map(({ name, text }) => `${name} as (${text})`);
    const head = ctes.length === 0 ? '' : `with ${ctes.join(', ')} `;
    return `${head}select ${items.join(', ')} from ${joined.from}${this.#where(joined)}${groupBy}`;
  }

  #groupBy(keys: readonly string[]): string {
    if (keys.length === 0) return '';
    const style = this.#pick('written', 'alias', 'ordinal', 'all');
    if (style === 'all') return ' group by all';
    const names = keys.map((key, index) => {
      if (style === 'written') return key;
      return style === 'alias' ? `g${index}` : String(index + 1);
    });
    return ` group by ${names.join(', ')}`;
  }

  #measure(scope: Scope): string {
    const { bounded, condition, value } = this.#expressions;
    const filter = this.#chance(4) ? ` filter (where ${condition.call(this.#expressions, scope, 1)})` : '';
    const measured = (): string => bounded.call(this.#expressions, scope);
    const person = this.#chance(5) ? this.#pick(...scope.nullable, scope.person) : scope.person;
    const written = this.#pickOf([
      () => 'count(*)',
      () => 'count(*)',
      () => `count(${value.call(this.#expressions, scope)})`,
      () => `count_if(${condition.call(this.#expressions, scope, 1)})`,
      () => `count(distinct ${person})`,
      () => `count(${person})`,
      () => `count(distinct ${value.call(this.#expressions, scope)})`,
      () => `sum(${measured()})`,
      () => `sum(${measured()})`,
      () => `avg(${measured()})`,
      ...(this.#isPortable
        ? []
        : [
            () => `${this.#pick('stddev', 'variance', 'var_pop')}(${measured()})`,
            () => `${this.#pick('median', 'min', 'max')}(${measured()})`,
            () => `quantile_cont(${measured()}, 0.9)`,
          ]),
    ]);
    return `${written}${filter}`;
  }

  /** A relation, and up to two more that are joined to it. */
  #joined(depth: number): Joined {
    const first = this.#relation(depth);
    let joined: Joined = {
      from: `${first.text} as ${first.alias}`,
      where: [],
      scope: { columns: first.columns, person: `${first.alias}.${first.person}`, nullable: [] },
      rows: first.rows,
    };
    for (const _ of this.#many(0, depth === 3 ? 2 : 1, () => null)) {
      joined =
        this.#chance(3) && this.#tables.publics.length > 0 ? this.#joinPublic(joined) : this.#join(joined, depth);
    }
    const { where, scope } = joined;
    const filter = this.#chance(2) ? [this.#expressions.condition(scope, depth)] : [];
    return { ...joined, where: [...where, ...filter] };
  }

  #where({ where }: Joined): string {
    return where.length === 0 ? '' : ` where ${where.map((w) => `(${w})`).join(' and ')}`;
  }

  #join(joined: Joined, depth: number): Joined {
    const right = this.#relation(depth - 1);
    const how = this.#pick('join', 'left join', 'left join', 'right join', 'semi join', 'anti join');
    const isWide = how !== 'semi join' && how !== 'anti join';
    if (isWide && joined.rows * right.rows > MAX_ROWS) return joined;
    const { scope } = joined;
    const rightPerson = `${right.alias}.${right.person}`;
    const rightScope: Scope = { columns: right.columns, person: rightPerson, nullable: [] };
    const both: Scope = { ...scope, columns: [...scope.columns, ...right.columns] };
    const more = this.#chance(3)
      ? ` and ${this.#expressions.condition(how === 'join' || how.includes('t j') ? (isWide ? both : this.#pick(rightScope, scope)) : rightScope, 0)}`
      : '';
    const isNullable = scope.nullable.length > 0 && this.#chance(4);
    const leftPerson = isNullable ? this.#pick(...scope.nullable) : scope.person;
    const canUse =
      more === '' && scope.nullable.length === 0 && how === 'join' && this.#chance(2) && !joined.from.includes('join');
    const condition = canUse
      ? 'using (email)'
      : `on ${this.#pick(`${leftPerson} = ${rightPerson}`, `${rightPerson} = ${leftPerson}`)}${more}`;
    const from = `${joined.from} ${how} ${right.text} as ${right.alias} ${condition}`;
    if (!isWide) return { ...joined, from };
    const rows = joined.rows * right.rows;
    if (how === 'right join') {
      const nullable = [...scope.nullable, scope.person];
      return { ...joined, from, rows, scope: { columns: both.columns, person: rightPerson, nullable } };
    }
    const nullable = how === 'join' ? scope.nullable : [...scope.nullable, rightPerson];
    return { ...joined, from, rows, scope: { ...both, nullable } };
  }

  #joinPublic(joined: Joined): Joined {
    const table = this.#pick(...this.#tables.publics).view;
    const alias = this.#name('q');
    const rows = joined.rows * (table.rules.publicTable?.rowsPerKey ?? 1);
    if (rows > MAX_ROWS) return joined;
    const { scope } = joined;
    const whole = scope.columns.filter((c) => c.kind === 'integer');
    const keys = table.rules.joinKeys.map((key) => {
      const column = whole.length === 0 ? `length(cast(${scope.person} is null as text))` : this.#pick(...whole).sql;
      return `${alias}.${key} = ${this.#pick(column, column, `coalesce(${column}, 1)`, `isv.steps(${column})`)}`;
    });
    const columns = [
      ...scope.columns,
      ...table.columns.map(
        (c): Column => ({ sql: `${alias}.${c.name}`, kind: c.type.kind as Kind, isBounded: c.name === 'w' }),
      ),
    ];
    const next = { ...joined, rows, scope: { ...scope, columns } };
    const text = `m.${table.alias} as ${alias}`;
    const how = this.#pick('join', 'left join', 'cross join');
    if (how === 'cross join')
      return { ...next, from: `${joined.from} cross join ${text}`, where: [...joined.where, ...keys] };
    const more = this.#chance(3) ? [this.#expressions.condition({ ...scope, columns }, 0)] : [];
    return { ...next, from: `${joined.from} ${how} ${text} on ${[...keys, ...more].join(' and ')}` };
  }

  /** Rows of persons under a name of their own: a table, a query, or a WITH name. */
  #relation(depth: number): Relation {
    const known = this.#ctes.filter((c) => c.relation.person !== null);
    if (depth > 0 && known.length > 0 && this.#chance(4)) {
      const { name, relation } = this.#pick(...known);
      return renamed(relation, name, this.#name('r'));
    }
    if (depth <= 0 || this.#chance(2)) return this.#table();
    const [query, relation] = this.#pickOf([
      () => this.#perPerson(depth - 1),
      () => this.#perPerson(depth - 1),
      () => this.#rows(depth - 1),
      () => this.#union(depth - 1),
    ]);
    const alias = this.#name('r');
    if (this.#chance(3)) {
      const name = this.#name('c');
      this.#ctes.push({ name, text: query, relation });
      return renamed(relation, name, alias);
    }
    return renamed(relation, `(${query})`, alias);
  }

  #table(): Relation {
    const { view } = this.#pick(...this.#tables.people);
    const alias = this.#name('r');
    const columns = view.columns.slice(1).map((c): Column => {
      const isBounded = Object.hasOwn(view.rules.measures, c.name) && c.type.kind !== 'boolean';
      return { sql: `${alias}.${c.name}`, kind: c.type.kind as Kind, isBounded };
    });
    const { rowsPerPerson } = view.rules;
    return { text: `m.${view.alias}`, alias, columns, person: 'email', keys: [], rows: rowsPerPerson };
  }

  /** GROUP BY the person, or DISTINCT with the person. */
  #perPerson(depth: number): [string, Relation] {
    const joined = this.#joined(depth);
    const { scope } = joined;
    const [person, where] = this.#person(joined);
    const keys = this.#chance(3) ? [this.#expressions.key(scope, 0)] : [];
    const rows = keys.length === 0 ? 1 : joined.rows;
    const source = `from ${joined.from}${this.#where({ ...joined, where })}`;
    if (this.#chance(5)) {
      const items = [`${person} as email`, ...keys.map((key) => `${key} as v0`)];
      const columns = keys.map((): Column => ({ sql: 'v0', kind: 'unknown', isBounded: false }));
      return [`select distinct ${items.join(', ')} ${source}`, relationOf(columns, rows)];
    }
    const values = this.#many(keys.length === 0 ? 1 : 0, 3, () =>
      this.#expressions.personValue(scope, this.#isPortable),
    );
    const shown = [...keys.map((text) => ({ text, kind: 'unknown' as const, isBounded: false })), ...values];
    const items = [`${person} as email`, ...shown.map(({ text }, index) => `${text} as v${index}`)];
    const columns = shown.map(({ kind, isBounded }, index): Column => ({ sql: `v${index}`, kind, isBounded }));
    const having = this.#chance(3)
      ? ` having ${this.#pick('count(*) > 1', 'count(*) = 1', ...values.filter((v) => v.kind === 'integer').map((v) => `${v.text} > 0`))}`
      : '';
    const by = this.#pick('written', 'ordinal', 'all');
    const grouped = by === 'ordinal' ? ['1', ...keys.map((_, index) => String(index + 2))] : [person, ...keys];
    const groupBy = by === 'all' ? 'all' : grouped.join(', ');
    return [`select ${items.join(', ')} ${source} group by ${groupBy}${having}`, relationOf(columns, rows)];
  }

  #rows(depth: number): [string, Relation] {
    const joined = this.#joined(depth);
    const [person, where] = this.#person(joined);
    const shown = this.#many(1, 3, () => this.#expressions.item(joined.scope));
    const items = [`${person} as email`, ...shown.map(({ text }, index) => `${text} as v${index}`)];
    const columns = shown.map(({ kind, isBounded }, index): Column => ({ sql: `v${index}`, kind, isBounded }));
    return [
      `select ${items.join(', ')} from ${joined.from}${this.#where({ ...joined, where })}`,
      relationOf(columns, joined.rows),
    ];
  }

  #union(depth: number): [string, Relation] {
    const kinds = this.#many(1, 2, () => this.#pick<Kind>('integer', 'text', 'boolean'));
    const isAll = this.#chance(2);
    const branches = this.#many(2, 3, () => {
      const joined = this.#joined(depth);
      const shown = kinds.map((kind) => this.#expressions.itemOf(joined.scope, kind));
      const items = [`${joined.scope.person} as email`, ...shown.map(({ text }, index) => `${text} as v${index}`)];
      return { text: `select ${items.join(', ')} from ${joined.from}${this.#where(joined)}`, shown, rows: joined.rows };
    });
    const columns = kinds.map((kind, index): Column => {
      return { sql: `v${index}`, kind, isBounded: branches.every((b) => b.shown[index]?.isBounded) };
    });
    const rows = branches.reduce((sum, b) => sum + b.rows, 0);
    const text = branches.map((b) => b.text).join(isAll ? ' union all ' : ' union ');
    return [text, relationOf(columns, rows)];
  }

  /** A person to select, and the conditions under which it is one: the rows of nobody are not DuckDB's rows of NULL. */
  #person({ scope, where }: Joined): [string, readonly string[]] {
    if (scope.nullable.length === 0 || !this.#chance(4)) return [scope.person, where];
    const person = this.#pick(...scope.nullable);
    return [person, this.#isPortable ? [...where, `${person} is not null`] : where];
  }

  /** IN or EXISTS over persons. */
  #membership(scope: Scope, depth: number): string {
    const person =
      scope.nullable.length > 0 && this.#chance(6) && !this.#isPortable ? this.#pick(...scope.nullable) : scope.person;
    const not = this.#chance(3) ? 'not ' : '';
    if (this.#chance(2)) {
      const joined = this.#joined(Math.min(depth - 1, 1));
      const [inner, where] = this.#person(joined);
      return `${person} ${not}in (select ${inner} from ${joined.from}${this.#where({ ...joined, where })})`;
    }
    const inner = this.#relation(depth - 1);
    const own: Scope = { columns: inner.columns, person: `${inner.alias}.${inner.person}`, nullable: [] };
    const more = this.#chance(2) ? ` and ${this.#expressions.condition(this.#chance(4) ? scope : own, 0)}` : '';
    const condition = `${own.person} = ${person}${more}`;
    return `${not}exists (select 1 from ${inner.text} as ${inner.alias} where ${condition})`;
  }

  #name(letter: string): string {
    this.#names += 1;
    return `${letter}${this.#names}`;
  }

  #many<T>(min: number, max: number, make: () => T): T[] {
    return Array.from({ length: this.#g(fc.integer, { min, max }) }, make);
  }

  /** Once in so many times. */
  #chance(times: number): boolean {
    return this.#g(fc.nat, { max: times - 1 }) === times - 1;
  }

  #pick<T>(...among: readonly T[]): T {
    return among[this.#g(fc.nat, { max: among.length - 1 })] as T;
  }

  #pickOf<T>(among: readonly (() => T)[]): T {
    return this.#pick(...among)();
  }
}

function relationOf(columns: readonly Column[], rows: number): Relation {
  return { text: '', alias: '', columns, person: 'email', keys: [], rows };
}

function renamed(relation: Relation, text: string, alias: string): Relation {
  return { ...relation, text, alias, columns: relation.columns.map((c) => ({ ...c, sql: `${alias}.${c.sql}` })) };
}
