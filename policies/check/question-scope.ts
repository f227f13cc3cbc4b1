import { type ScalarType, type TableView, tableName } from '../collaboration/table-view.ts';
import type { Expression, PlanTable } from '../plan/expression.ts';
import type { AggregateDraft, OuterFrom, OuterSelect } from '../plan/question-tree.ts';
import type { SyntaxSelect } from '../syntax/syntax-tree.ts';
import { type Violation, type ViolationFacts, type ViolationRule, violation } from './catalogue.ts';

/** One name that FROM brings into scope, with its columns. */
export interface ScopeRelation {
  readonly name: string | null;
  /** The member, for a base table: `member.alias.column` is a full name. */
  readonly schema: string | null;
  readonly columns: ReadonlyMap<string, Expression>;
}

/** What FROM reads: protected rows, or values that are already released. */
export type BoundFrom =
  | {
      readonly kind: 'protected';
      readonly tables: readonly PlanTable[];
      /** Pairs of identity columns that conditions set equal. */
      readonly equalities: readonly (readonly [Expression, Expression])[];
      readonly filters: readonly Expression[];
      readonly relations: readonly ScopeRelation[];
    }
  | { readonly kind: 'released'; readonly from: OuterFrom; readonly relations: readonly ScopeRelation[] };

/** What a SELECT is: protected rows that something above must aggregate, or a query over released values. */
export type BoundQuery =
  | {
      readonly kind: 'rows';
      readonly from: Extract<BoundFrom, { kind: 'protected' }>;
      readonly columns: ReadonlyMap<string, Expression>;
    }
  | { readonly kind: 'released'; readonly select: OuterSelect };

/** Resolves one SELECT; handed down to FROM, where subqueries stand. */
export type BindSelect = (select: SyntaxSelect, ctes: CteScope, question: QuestionScope) => BoundQuery | null;

/** The WITH names visible at a place, each with the names visible at its own. */
export type CteScope = ReadonlyMap<string, { readonly query: SyntaxSelect; readonly scope: CteScope }>;

/**
 * Most parts of one question with every name written out; longest lists of a text of the largest size stay below.
 *
 * A name can stand for an expression that uses another name twice: twenty short lines then are a million parts, and
 * the service would count them while everybody waits.
 */
const MAX_QUESTION_PARTS = 50_000;

/** Stops the check of a question that is too large to be written out. */
class QuestionTooLarge extends Error {}

/** What a check knows and gathers on its way through one question. */
export class QuestionScope {
  readonly sql: string;
  readonly tables: readonly TableView[];
  readonly violations: Violation[] = [];
  readonly aggregates: AggregateDraft[] = [];
  #nextTable = 0;
  #parts = 0;

  constructor(sql: string, tables: readonly TableView[]) {
    this.sql = sql;
    this.tables = tables;
  }

  /** Names the next protected table. */
  nextRef(): string {
    this.#nextTable += 1;
    return `t${this.#nextTable - 1}`;
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
    more: { owner?: string | null; candidate?: string } = {},
  ): void {
    this.violations.push(violation(rule, facts, { sql: this.sql, at, ...more }));
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
  return type.kind === 'integer' ? 'a whole number' : type.kind === 'person' ? 'an identity' : `a ${type.kind}`;
}
