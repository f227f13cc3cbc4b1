import type { Rules } from '../rules/rules.ts';

/** What a column holds, as questions see it. */
export type ScalarType =
  | { readonly kind: 'integer' | 'double' | 'text' | 'boolean' | 'date' | 'timestamp' | 'interval' | 'person' | 'null' }
  | { readonly kind: 'decimal'; readonly scale: number };

/** One column of a bound table. */
export interface TableColumn {
  readonly name: string;
  readonly type: ScalarType;
}

/** A kind of identifier; the spine of a collaboration says which identifiers of all kinds are one person. */
export type IdentifierKind = 'email' | 'phone' | 'member_id' | 'device_id' | 'card_number' | `custom:${string}`;

/** A dataset as seen in one collaboration: name, schema and its owner's rules in force. Never a row. */
export interface TableView {
  /** The member that owns it. */
  readonly member: string;
  readonly alias: string;
  readonly datasetId: string;
  readonly columns: readonly TableColumn[];
  /** The kinds that name its persons; none exactly when the rules declare the table public. */
  readonly identifiers: readonly IdentifierKind[];
  readonly rules: Rules;
}

/** `member.alias`, as the SQL names it. */
export function tableName(table: TableView): string {
  return `${table.member}.${table.alias}`;
}

/** Whether values of a type can be summed exactly. */
export function isMeasurable(type: ScalarType): boolean {
  return type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'boolean';
}

/** Whether a type is a number. */
export function isNumber(type: ScalarType): boolean {
  return type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'double';
}
