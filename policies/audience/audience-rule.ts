import type { TableColumn, TableView } from '../collaboration/table-view.ts';

/** A value a rule compares with, as the literal of SQL that it becomes. */
export type RuleLiteral = string;

/** What the value of a row must be; a row without a value never matches. */
export type ValueTest =
  | { readonly kind: 'exists' }
  | { readonly kind: 'in'; readonly values: readonly RuleLiteral[] }
  | { readonly kind: 'between'; readonly low: RuleLiteral | null; readonly high: RuleLiteral | null };

/** Days on which the rows of a tag lie, both ends included; `null` for an open end. */
export interface DayRange {
  readonly from: string | null;
  readonly to: string | null;
}

/** Persons by how many of their rows match. */
export interface TagCondition {
  readonly kind: 'tag';
  readonly table: TableView;
  readonly column: TableColumn;
  readonly test: ValueTest;
  /** The column that says when and the days; `null` for all days. */
  readonly when: { readonly column: TableColumn; readonly days: DayRange } | null;
  /** Fewest rows; 0 where only the most is said. */
  readonly atLeast: number;
  /** Most rows; `null` for any number. */
  readonly atMost: number | null;
}

/** A node of a rule: a set of persons. `not` is everybody of the rule's table who is not among them. */
export type RuleNode =
  | TagCondition
  | { readonly kind: 'and' | 'or'; readonly parts: readonly RuleNode[] }
  | { readonly kind: 'not'; readonly part: RuleNode };

/** A rule that was read whole against the tags and tables of its collaboration. */
export interface AudienceRuleTree {
  /** The table whose persons are selected from. */
  readonly from: TableView;
  readonly where: RuleNode;
}
