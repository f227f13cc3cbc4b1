import type { FunctionView } from '../collaboration/function-view.ts';
import { type ScalarType, type TableView, tableName } from '../collaboration/table-view.ts';
import type { ColumnExpression, Expression } from '../plan/expression.ts';
import type { OuterFrom, OuterQuery } from '../plan/outer-query.ts';
import type { RowInput, RowSource } from '../plan/protected-rows.ts';
import type { AggregateDraft } from '../plan/question-tree.ts';
import type { SyntaxExpression, SyntaxQuery } from '../syntax/syntax-tree.ts';
import { type Violation, type ViolationFacts, type ViolationRule, violation } from './catalogue.ts';

/** One name that FROM brings into scope, with its columns. */
export interface ScopeRelation {
  readonly name: string | null;
  /** The member, for a base table: `member.alias.column` is a full name. */
  readonly schema: string | null;
  readonly columns: ReadonlyMap<string, Expression>;
  /** Columns of USING: their value without a table's name, where it is another than with it. */
  readonly merged?: ReadonlyMap<string, Expression>;
  /** Columns that only a full name reaches, as another table answers for the short one. */
  readonly hidden?: ReadonlySet<string>;
}

/** Rows of persons while their SELECT is being bound. */
export interface BoundRows {
  readonly kind: 'protected';
  readonly sources: readonly RowSource[];
  readonly filters: readonly Expression[];
  /** Pairs of sources whose persons conditions set equal. */
  readonly links: readonly (readonly [string, string])[];
  readonly relations: readonly ScopeRelation[];
  /** Sources that expressions bring along as they are bound: what IN and EXISTS look at. Grows. */
  readonly attached: RowSource[];
}

/** What FROM reads: protected rows, or values that are already released. */
export type BoundFrom =
  | BoundRows
  | { readonly kind: 'released'; readonly from: OuterFrom; readonly relations: readonly ScopeRelation[] };

/** What a query is: protected rows that something above must aggregate, or a query over released values. */
export type BoundQuery =
  | {
      readonly kind: 'rows';
      readonly from: BoundRows;
      readonly columns: ReadonlyMap<string, Expression>;
    }
  | { readonly kind: 'released'; readonly select: OuterQuery };

/** What an expression over released values is resolved with. */
export interface ReleasedScope {
  readonly question: QuestionScope;
  readonly relations: readonly ScopeRelation[];
  /** Asked first for every node: a group key or an aggregate of a protected query, or a name of the select list. */
  readonly answer?: (node: SyntaxExpression) => Expression | null;
  /** Resolves a query within an expression; it may name columns of the scope given as the one around it. */
  readonly bindSubquery: (query: SyntaxQuery, around: ReleasedScope) => BoundQuery | null;
  /** The scope around the query that this expression is in; `null` for a query that stands in no expression. */
  readonly around: ReleasedScope | null;
}

/** Resolves a query; handed down to FROM and to expressions, where subqueries stand. */
export type BindQuery = (query: SyntaxQuery, scope: QueryScope, question: QuestionScope) => BoundQuery | null;

/** What FROM is resolved with. `bindQuery` comes from above, as a subquery is a query again. */
export interface FromScope {
  readonly scope: QueryScope;
  readonly question: QuestionScope;
  readonly bindQuery: BindQuery;
  /** What expressions over released values are resolved with, beside their tables. */
  readonly world: Omit<ReleasedScope, 'relations' | 'answer'>;
}

/** What a query sees of the queries around it. */
export interface QueryScope {
  readonly ctes: CteScope;
  /** The released values around a subquery of an expression, which it may name; `null` elsewhere. */
  readonly around: ReleasedScope | null;
}

/** The WITH names visible at a place, each with the names visible at its own. */
export type CteScope = ReadonlyMap<
  string,
  { readonly query: SyntaxQuery; readonly columnNames: readonly string[]; readonly scope: CteScope }
>;

/**
 * Most parts of one question with every name written out; longest lists of a text of the largest size stay below.
 *
 * A name can stand for an expression that uses another name twice: twenty short lines then are a million parts, and
 * the service would count them while everybody waits.
 */
const MAX_QUESTION_PARTS = 50_000;

/** Most violations told of one question; to place and explain each takes time, and nobody reads more. */
const MAX_TOLD_VIOLATIONS_COUNT = 200;

/**
 * Most scoring functions of one question. Each is code that is compiled in the worker and may keep a memory of its own;
 * a question of one brand over the models of several providers takes less.
 */
const MAX_QUESTION_FUNCTIONS_COUNT = 8;

/** Stops the check of a question that is too large to be written out. */
class QuestionTooLarge extends Error {}

/** What a check knows and gathers on its way through one question. */
export class QuestionScope {
  readonly sql: string;
  readonly tables: readonly TableView[];
  /** Scoring functions known in the collaboration. */
  readonly functions: readonly FunctionView[];
  readonly violations: Violation[] = [];
  readonly aggregates: AggregateDraft[] = [];
  readonly #sources = new Map<string, RowSource>();
  readonly #functions = new Set<string>();
  #parts = 0;

  constructor(sql: string, tables: readonly TableView[], functions: readonly FunctionView[] = []) {
    this.sql = sql;
    this.tables = tables;
    this.functions = functions;
  }

  /** Names a source of protected rows, and remembers it by its name. */
  addSource(input: RowInput, more: Partial<Pick<RowSource, 'how' | 'on'>> = {}): RowSource {
    const source: RowSource = { ref: `t${this.#sources.size}`, how: 'inner', on: [], ...more, input };
    this.#sources.set(source.ref, source);
    return source;
  }

  /** Takes the next place among the aggregations: those of subqueries within come after. */
  reserveAggregate(): number {
    const nothing: AggregateDraft = {
      rows: { sources: [], filters: [] },
      tables: [],
      keys: [],
      statistics: [],
      measures: [],
    };
    return this.aggregates.push(nothing) - 1;
  }

  /** Fills a reserved place. */
  setAggregate(index: number, draft: AggregateDraft): void {
    this.aggregates[index] = draft;
  }

  /** What a merchant calls a column: columns of subqueries have names of our own within. */
  writtenName(column: ColumnExpression): string {
    return this.source(column.relation)?.input.kind === 'table' ? column.column : 'identity';
  }

  /** Names a source whose input is still to be resolved. */
  reserveSource(): string {
    const ref = `t${this.#sources.size}`;
    this.#sources.set(ref, { ref, how: 'inner', on: [], input: { kind: 'union', columns: [], branches: [] } });
    return ref;
  }

  /** Gives a reserved source its input. */
  setInput(ref: string, input: RowInput): RowSource {
    const source: RowSource = { ref, how: 'inner', on: [], input };
    this.#sources.set(ref, source);
    return source;
  }

  /** Remembers a source as it stands after a join. */
  setSource(source: RowSource): void {
    this.#sources.set(source.ref, source);
  }

  /** The source that a column is of; `undefined` for columns of released tables. */
  source(ref: string): RowSource | undefined {
    return this.#sources.get(ref);
  }

  /**
   * Counts parts as they are bound.
   *
   * @throws {QuestionTooLarge} when the question has more than it may have
   */
  countParts(count: number): void {
    this.#parts += count;
    if (this.#parts > MAX_QUESTION_PARTS) throw new QuestionTooLarge();
  }

  /** Counts a scoring function, each version once; notes the one that is too many. */
  countFunction({ digest }: FunctionView, at: number | null): void {
    this.#functions.add(digest);
    if (this.#functions.size <= MAX_QUESTION_FUNCTIONS_COUNT) return;
    const construct = `more than ${MAX_QUESTION_FUNCTIONS_COUNT} scoring functions`;
    this.violate('syntax-is-known', { construct, instead: 'ask in several questions' }, at);
  }

  /** Runs a check to its end, or to where the question proves too large: then that is the violation. */
  within<T>(check: () => T): T | null {
    try {
      return check();
    } catch (cause) {
      if (!(cause instanceof QuestionTooLarge)) throw cause;
      const instead = `write at most ${MAX_QUESTION_PARTS} parts, names that stand for others written out`;
      this.violate('syntax-is-known', { construct: 'question of this size', instead }, null);
      return null;
    }
  }

  /** Notes a violation and goes on, so that all are told at once. */
  violate<R extends ViolationRule>(
    rule: R,
    facts: ViolationFacts<R>,
    at: number | null,
    more: { owner?: string | null } = {},
  ): void {
    const [first] = this.violations;
    const isTold = first === undefined || this.violations.length < MAX_TOLD_VIOLATIONS_COUNT;
    this.violations.push(isTold ? violation(rule, facts, { sql: this.sql, at, ...more }) : first);
  }

  /** Resolves something to compare it; `null` when it breaks a rule, which is told where it is resolved for good. */
  quietly<T>(resolve: () => T, attached: RowSource[]): T | null {
    const before = this.violations.length;
    const sources = attached.length;
    const aggregates = this.aggregates.length;
    const resolved = resolve();
    attached.length = sources;
    this.aggregates.length = aggregates;
    const isBroken = this.violations.length > before;
    this.violations.length = before;
    return isBroken ? null : resolved;
  }

  /** The view a table reference names, if it is bound. */
  tableView(schema: string | null, table: string): TableView | undefined {
    return this.tables.find((t) => t.alias === table && t.member === schema);
  }

  /** All tables by name, for refusals. */
  tableNames(): readonly string[] {
    return this.tables.map(tableName);
  }
}

/** Stands for an expression that broke a rule, so that the check can go on. */
export const BROKEN: Expression = {
  kind: 'literal',
  value: { type: 'null' },
  type: { kind: 'null' },
  at: null,
};

/** A type in words. */
export function typeInWords(type: ScalarType): string {
  const words: Partial<Record<ScalarType['kind'], string>> = {
    integer: 'a whole number',
    person: 'an identity',
    interval: 'a span of time',
  };
  return words[type.kind] ?? `a ${type.kind}`;
}
