import fc from 'fast-check';
import type { Draw } from './random-collaboration.ts';

/** What a column holds, as far as a writer of questions must know; `unknown` may only be counted and grouped by. */
export type Kind = 'integer' | 'decimal' | 'double' | 'text' | 'boolean' | 'date' | 'timestamp' | 'unknown';

/** A column in scope. */
export interface Column {
  readonly sql: string;
  readonly kind: Kind;
  /** A number that declared facts bound, so that it may be summed as it is. */
  readonly isBounded: boolean;
}

/** What a SELECT can read. */
export interface Scope {
  readonly columns: readonly Column[];
  /** The person of every row. */
  readonly person: string;
  /** Persons that outer joins may have left out. */
  readonly nullable: readonly string[];
}

/** An item of a select list. */
export interface Item {
  readonly text: string;
  readonly kind: Kind;
  readonly isBounded: boolean;
}

const NUMBERS: readonly Kind[] = ['integer', 'decimal', 'double'];

/** Writes expressions over what is in scope. */
export class RandomExpressions {
  readonly #g: Draw;
  readonly #membership: (scope: Scope, depth: number) => string;

  constructor(g: Draw, membership: (scope: Scope, depth: number) => string) {
    this.#g = g;
    this.#membership = membership;
  }

  /** A number of any size. */
  number(scope: Scope, depth = 1): string {
    const columns = scope.columns.filter((c) => NUMBERS.includes(c.kind)).map((c) => c.sql);
    // Never a literal alone: DuckDB takes a key that is constant for no key.
    const leaf = (): string =>
      this.#pick(...(columns.length === 0 ? [`length(cast(${scope.person} is null as text))`] : columns));
    if (depth === 0) return leaf();
    const part = (): string => this.number(scope, depth - 1);
    const texts = this.#named(scope, 'text');
    const dates = this.#named(scope, 'date');
    return this.#pickOf([
      leaf,
      leaf,
      leaf,
      () => `(${part()} ${this.#pick('+', '-', '*')} ${this.#pick(part(), '2')})`,
      () => `abs(${part()})`,
      () => `coalesce(${part()}, 0)`,
      () => `nullif(${part()}, 1)`,
      () => `isv.risk(${part()})`,
      () => `case when ${this.condition(scope, 0)} then ${part()} end`,
      ...texts.map((t) => () => `length(${t})`),
      ...dates.map((d) => () => `date_diff('day', ${d}, date '2024-02-10')`),
    ]);
  }

  /** A number with bounds that follow from declarations or from the question. */
  bounded(scope: Scope): string {
    const columns = scope.columns.filter((c) => c.isBounded).map((c) => c.sql);
    const leaf = (): string =>
      columns.length === 0 || this.#chance(3)
        ? `clamp(${this.number(scope)}, -3, ${this.#pick('2', '9')})`
        : this.#pick(...columns);
    return this.#pickOf([
      leaf,
      leaf,
      leaf,
      () => `(${leaf()} + ${leaf()})`,
      () => `(-${leaf()})`,
      () => `coalesce(${leaf()}, 1)`,
      () => `case when ${this.condition(scope, 0)} then ${leaf()} else 0 end`,
      () => `cast(${this.condition(scope, 0)} as bigint)`,
      () => `isv.risk(${this.number(scope)})`,
    ]);
  }

  /** Any value. */
  value(scope: Scope): string {
    const columns = scope.columns.map((c) => c.sql);
    return this.#pickOf([() => this.#pick(...columns, ...columns, '1'), () => this.number(scope)]);
  }

  /** A condition; IN and EXISTS over persons only with `depth` above zero. */
  condition(scope: Scope, depth: number): string {
    const part = (): string => this.condition(scope, depth - 1);
    const simple = this.#simple(scope);
    const deep = [
      () => this.#membership(scope, depth),
      () => this.#membership(scope, depth),
      () => `(not ${part()})`,
      () => `(${part()} ${this.#pick('and', 'or', 'or')} ${part()})`,
    ];
    return this.#pickOf([...simple, ...(depth > 0 ? deep : [])]);
  }

  #simple(scope: Scope): (() => string)[] {
    const texts = this.#named(scope, 'text');
    const anything = scope.columns.map((c) => c.sql);
    return [
      () => `${this.number(scope)} ${this.#pick('>', '<=', '=', '<>')} ${this.#pick('0', '1', '3')}`,
      () => `${this.number(scope, 0)} in (1, 3, null)`,
      () => `${this.number(scope, 0)} between 0 and 4`,
      ...(texts.length === 0 ? [] : [() => this.#ofText(this.#pick(...texts))]),
      ...this.#named(scope, 'boolean').map((b) => () => b),
      ...this.#named(scope, 'date').map((d) => () => `${d} >= '2024-02-01'`),
      ...this.#named(scope, 'timestamp').map((t) => () => `${t} < '2024-03-01'`),
      ...(anything.length === 0 ? [] : [() => `${this.#pick(...anything)} is ${this.#pick('', 'not ')}null`]),
      ...scope.nullable.map((p) => () => `${p} is ${this.#pick('', 'not ')}null`),
    ];
  }

  #ofText(text: string): string {
    return this.#pick(
      `${text} = 'a'`,
      `${text} in ('a', 'b')`,
      `${text} not in ('a', 'c')`,
      `${text} like 'a%'`,
      `upper(${text}) = 'A'`,
      `isv.tier(${text}) = 'low'`,
    );
  }

  /** A group key. */
  key(scope: Scope, depth: number): string {
    const columns = scope.columns.map((c) => c.sql);
    const dates = this.#named(scope, 'date');
    const texts = this.#named(scope, 'text');
    const column = (): string => (columns.length === 0 ? this.number(scope, 0) : this.#pick(...columns));
    const literals = (): string => this.#pick("'one'", "'two'");
    return this.#pickOf([
      column,
      column,
      column,
      column,
      () => `case when ${this.condition(scope, depth)} then ${literals()} else ${this.#pick("'rest'", 'null')} end`,
      () => `(${this.condition(scope, depth)})`,
      () => `width_bucket(${this.number(scope, 0)}, 0, 10, 4)`,
      ...dates.map(
        (d) => () => this.#pick(`month(${d})`, `dayofweek(${d})`, `date_trunc('month', ${d})`, `year(${d})`),
      ),
      ...texts.map((t) => () => this.#pick(`coalesce(${t}, 'none')`, `lower(${t})`, `isv.tier(${t})`)),
      ...this.#named(scope, 'integer').map((n) => () => `isv.steps(${n})`),
    ]);
  }

  /** An aggregate over the rows of one person. */
  personValue(scope: Scope, isPortable: boolean): Item {
    const filter = this.#chance(4) ? ` filter (where ${this.condition(scope, 1)})` : '';
    const columns = scope.columns.filter((c) => c.kind !== 'unknown');
    const number = (): string => this.bounded(scope);
    const item = (text: string, kind: Kind, isBounded = false): Item => ({ text: `${text}${filter}`, kind, isBounded });
    return this.#pickOf([
      () => item('count(*)', 'integer', true),
      () => item(`count(${this.value(scope)})`, 'integer', true),
      () => item(`count(distinct ${this.value(scope)})`, 'integer', true),
      () => item(`sum(${number()})`, 'double', true),
      () => item(`avg(${number()})`, 'double', true),
      () => item(`bool_or(${this.condition(scope, 0)})`, 'boolean'),
      () => item(`bool_and(${this.condition(scope, 0)})`, 'boolean'),
      ...columns.map((c) => () => item(`${this.#pick('min', 'max')}(${c.sql})`, c.kind, c.isBounded)),
      ...(isPortable
        ? columns.map((c) => () => item(`${this.#pick('min_by', 'max_by')}(${c.sql}, ${c.sql})`, c.kind, c.isBounded))
        : columns.map(
            (c) => () =>
              item(`${this.#pick('min_by', 'max_by')}(${c.sql}, ${this.number(scope)})`, c.kind, c.isBounded),
          )),
    ]);
  }

  /** An item of a plain select list. */
  item(scope: Scope): Item {
    const { columns } = scope;
    if (columns.length > 0 && !this.#chance(3)) {
      const { sql, kind, isBounded } = this.#pick(...columns);
      return { text: sql, kind, isBounded };
    }
    return this.itemOf(scope, this.#pick<Kind>('integer', 'text', 'boolean'));
  }

  /** An item of one kind. */
  itemOf(scope: Scope, kind: Kind): Item {
    const columns = scope.columns.filter((c) => c.kind === kind);
    if (columns.length > 0 && !this.#chance(3)) {
      const { sql, isBounded } = this.#pick(...columns);
      return { text: sql, kind, isBounded };
    }
    if (kind === 'text')
      return {
        text: this.#pick("'one'", `case when ${this.condition(scope, 1)} then 'one' else 'two' end`),
        kind,
        isBounded: false,
      };
    if (kind === 'boolean') return { text: `(${this.condition(scope, 1)})`, kind, isBounded: false };
    return { text: this.#pick('1', `case when ${this.condition(scope, 1)} then 1 else 3 end`), kind, isBounded: true };
  }

  #named(scope: Scope, kind: Kind): readonly string[] {
    return scope.columns.filter((c) => c.kind === kind).map((c) => c.sql);
  }

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
