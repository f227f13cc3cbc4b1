import { type TableView, tableName } from '../collaboration/table-view.ts';
import { bareQuery } from './bare-query.ts';
import { quoteName, quoteTable } from './quote-name.ts';

/** What a portrait is drawn of. */
export interface PortraitSubject {
  /** SQL of the audience. */
  readonly audience: string;
  /** SQL of the audience to compare with; `null` for everybody in the table. */
  readonly baseline: string | null;
  /** The table with the attributes. */
  readonly table: TableView;
}

/** The columns of every answer. */
export const PORTRAIT_COLUMNS = { value: 'value', persons: 'persons', baseline: 'baseline' } as const;

/** The question of how many persons of audience and baseline are in the table at all: what shares are shares of. */
export function portraitTotals(subject: PortraitSubject): string {
  return `select ${counts(subject)} from ${quoteTable(tableName(subject.table))} as t`;
}

/** The question of how many persons of audience and baseline have each value of an attribute. */
export function portraitOf(subject: PortraitSubject, attribute: string): string {
  const value = `t.${quoteName(attribute)}`;
  const from = quoteTable(tableName(subject.table));
  return `select ${value} as ${PORTRAIT_COLUMNS.value}, ${counts(subject)} from ${from} as t group by ${value}`;
}

function counts({ audience, baseline, table }: PortraitSubject): string {
  const person = `t.${quoteName(table.rules.identity)}`;
  const among = (sql: string): string =>
    `count(distinct ${person}) filter (where ${person} in (\n${bareQuery(sql)}\n))`;
  const all = baseline === null ? `count(distinct ${person})` : among(baseline);
  return `${among(audience)} as ${PORTRAIT_COLUMNS.persons}, ${all} as ${PORTRAIT_COLUMNS.baseline}`;
}
