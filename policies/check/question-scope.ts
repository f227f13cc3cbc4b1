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

/** What a check knows and gathers on its way through one question. */
export class QuestionScope {
  readonly sql: string;
  readonly tables: readonly TableView[];
  readonly violations: Violation[] = [];
  readonly aggregates: AggregateDraft[] = [];
  #nextTable = 0;

  constructor(sql: string, tables: readonly TableView[]) {
    this.sql = sql;
    this.tables = tables;
  }

  /** Names the next protected table. */
  nextRef(): string {
    this.#nextTable += 1;
    return `t${this.#nextTable - 1}`;
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
