import type { TableView } from '../collaboration/table-view.ts';

/** Rows that have one of some values in a column. */
export interface RowCondition {
  readonly column: string;
  /** As in SQL, but without quotes. */
  readonly values: readonly string[];
}

/** A table that a measurement reads, or some of its rows. */
export interface EffectTable {
  readonly view: TableView;
  readonly conditions: readonly RowCondition[];
}

/** Least and most that one person counts. */
export interface PersonBounds {
  readonly low: number;
  readonly high: number;
}

/** The column that stands for the person in everything that is measured. */
export const PERSON = 'person';

/** A name as SQL quotes it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The table as SQL names it. */
export function quoteTable({ member, alias }: Pick<TableView, 'member' | 'alias'>): string {
  return `${quoteName(member)}.${quoteName(alias)}`;
}

/** A text as SQL quotes it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A number as SQL reads it: doubles print some numbers with an exponent, which is another type there. */
function numberText(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

/** The identity column of a table, quoted. */
export function personOf({ view }: Pick<EffectTable, 'view'>): string {
  return quoteName(view.rules.identity);
}

/** WHERE and its conditions, or nothing. */
export function whereOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
}

/** The conditions of a table's rows. What is no value of the column's type is refused by the question that it makes. */
export function conditionsOf({ view, conditions }: EffectTable, alias = ''): readonly string[] {
  return conditions.map(({ column, values }) => {
    const kind = view.columns.find((c) => c.name === column)?.type.kind ?? 'text';
    const literals = values.map((value) => literalOf(kind, value));
    return `${alias}${quoteName(column)} in (${literals.join(', ')})`;
  });
}

function literalOf(kind: string, value: string): string {
  const isNumber = kind === 'integer' || kind === 'decimal' || kind === 'double';
  if (isNumber && /^-?\d{1,18}(\.\d{1,9})?$/u.test(value)) return value;
  if (kind === 'boolean' && /^(true|false)$/iu.test(value)) return value.toLowerCase();
  return quoteText(value);
}

/**
 * What one person's rows of a column may add up to, as its owner declares it; `cap` narrows it on both sides. 0 is always
 * in it, as a person without a row counts as 0. A column that is no measure is refused by the question it is in.
 */
export function personBounds(view: TableView, column: string, cap: number): PersonBounds {
  const { min, max, perPerson } = measureOf(view, column);
  const rows = view.rules.rowsPerPerson;
  return within(perPerson ?? { min: min * rows, max: max * rows }, cap);
}

/** The same of one row. */
export function rowBounds(view: TableView, column: string, cap: number): PersonBounds {
  return within(measureOf(view, column), cap);
}

function measureOf({ rules }: TableView, column: string): TableView['rules']['measures'][string] {
  const rule = Object.hasOwn(rules.measures, column) ? rules.measures[column] : undefined;
  return rule ?? { min: 0, max: 1, perPerson: null };
}

function within({ min, max }: { readonly min: number; readonly max: number }, cap: number): PersonBounds {
  const most = cap > 0 ? cap : Number.POSITIVE_INFINITY;
  return { low: Math.max(-most, Math.min(0, min)), high: Math.min(most, Math.max(0, max)) };
}

/** Whether what a person counts is a share of one: then its spread follows from its mean, and no squares are needed. */
export function isShare({ low, high }: PersonBounds): boolean {
  return low >= 0 && high <= 1;
}

/** A number held between the bounds of a person. */
export function clampText(value: string, { low, high }: PersonBounds): string {
  return `clamp(${value}, ${numberText(low)}, ${numberText(high)})`;
}

/** The square of a number within the bounds of a person, with the bounds that follow. */
export function squareText(value: string, { low, high }: PersonBounds): string {
  return clampText(`${value} * ${value}`, { low: 0, high: Math.max(low * low, high * high) });
}
