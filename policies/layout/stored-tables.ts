import { type TableView, tableName } from '../collaboration/table-view.ts';
import { columnsNeeded } from '../plan/columns-needed.ts';
import type { ColumnExpression, Expression } from '../plan/expression.ts';
import { keyColumn } from '../plan/question-tree.ts';
import { quoteName } from '../print/print-expression.ts';
import type { StoredRows } from '../print/print-rows.ts';
import type { ComputedRows } from './join-match.ts';
import { LAYOUT_COLUMNS, layoutName, matchedColumn, type PathTable, type StoredLayout } from './layout.ts';
import type { ComputedColumn } from './pair-total.ts';
import type { LayoutsRead } from './path.ts';

/** The name by which a program reads the codes of a column whose texts it reads under the column's own. */
function codeColumn(name: string): string {
  return `code of ${name}`;
}

const CODE_NAME = /^code of (.*)$/s;

/** Whether a name is that of codes, which a cut must not be decided by: it is by their texts already. */
function isCodeColumn(name: string): boolean {
  return CODE_NAME.test(name);
}

/**
 * Columns of layouts as they stand for those of the tables that they are made from: under the names of the question, with
 * the texts of codes.
 */
export class StoredTable {
  readonly #view: TableView;
  readonly #layouts: readonly StoredLayout[];
  readonly #columns = new Set<string>();
  #computed: ReadonlyMap<string, ComputedColumn> = new Map();

  /** One table, whose rows are those of all these layouts. */
  constructor(view: TableView, ...layouts: readonly StoredLayout[]) {
    this.#view = view;
    this.#layouts = layouts;
  }

  /** Whether a column is held as codes of one dictionary. */
  hasCodes(column: string): boolean {
    return this.#layouts.length === 1 && this.#layouts.every((l) => l.codes.has(this.#storedName(column)));
  }

  /** The column of codes that stands for a column of texts; `null` for all else. */
  codeOf(e: Expression): ColumnExpression | null {
    const isText = e.kind === 'column' && e.type.kind === 'text' && this.hasCodes(e.column);
    return isText ? { ...e, column: codeColumn(e.column) } : null;
  }

  /** Adds columns that are computed of stored ones. */
  compute(columns: ReadonlyMap<string, ComputedColumn>): void {
    this.#computed = columns;
  }

  /** Notes that a column is read. */
  read(column: string): void {
    this.#columns.add(column);
  }

  /** What stands for the table after FROM. */
  print(): string {
    const each = this.#layouts.map((layout) => {
      const shown = [...this.#columns].map((column) => `${this.#printColumn(column, layout)} AS ${quoteName(column)}`);
      // A table without columns is none: the rank is the narrowest.
      const items = shown.length === 0 ? [quoteName(LAYOUT_COLUMNS.rank)] : shown;
      return `SELECT ${items.join(', ')} FROM ${quoteName(layoutName(layout.spec))}`;
    });
    return `(${each.join(' UNION ALL ')})`;
  }

  /** What the wall must be given for it. */
  tables(): readonly PathTable[] {
    const columns = new Set(
      [...this.#columns].flatMap((column) => this.#computed.get(column)?.reads ?? [this.#storedName(column)]),
    );
    if (columns.size === 0) columns.add(LAYOUT_COLUMNS.rank);
    return this.#layouts.map(({ spec }) => ({ kind: 'layout', name: layoutName(spec), spec, columns: [...columns] }));
  }

  #storedName(column: string): string {
    if (column === this.#view.rules.identity) return LAYOUT_COLUMNS.person;
    const name = CODE_NAME.exec(column)?.[1] ?? column;
    return this.#layouts.some(({ spec }) => spec.form === 'beside') ? matchedColumn(name) : name;
  }

  #printColumn(column: string, { codes }: StoredLayout): string {
    const computed = this.#computed.get(column);
    if (computed !== undefined) return computed.sql;
    const stored = this.#storedName(column);
    const isText = codes.has(stored) && !isCodeColumn(column);
    return isText ? `CAST(${quoteName(stored)} AS VARCHAR)` : quoteName(stored);
  }
}

/** The columns of codes that stand for keys, by the names of their columns. */
export function codesOfKeys(
  { keys }: Pick<ComputedRows, 'keys'>,
  tableOf: (column: ColumnExpression) => StoredTable | null,
): ReadonlyMap<string, Expression> {
  return new Map(
    keys.flatMap(({ expression }, index) => {
      const code = expression.kind === 'column' ? tableOf(expression)?.codeOf(expression) : null;
      return code ? [[keyColumn(index), code] as const] : [];
    }),
  );
}

/** What stands for a table of persons: the rows of those within what is declared, and of those over it. */
interface ReadTable {
  readonly within: StoredTable;
  /** `null` where nothing else is read of them: they are counted by steps of their own. */
  readonly over: StoredTable | null;
}

/** The tables that an aggregation reads from layouts, for its printing and for the wall. */
export interface StoredTables {
  readonly codes: ReadonlyMap<string, Expression>;
  readonly printing: Omit<StoredRows, 'codes'>;
  readonly tables: readonly PathTable[];
}

/** Reads the tables of persons of an aggregation from layouts; its keys are grouped by codes, or by their texts. */
export function readStored(
  aggregate: ComputedRows,
  layouts: ReadonlyMap<string, LayoutsRead>,
  keysAs: 'codes' | 'texts',
): StoredTables {
  const tables = new Map<string, ReadTable>();
  for (const { table, columns } of columnsNeeded(aggregate)) {
    const name = tableName(table.view);
    const stored = tables.get(name) ?? readTable(table.view, layouts.get(name));
    if (stored === null) continue;
    for (const column of columns) readColumn(stored, column);
    tables.set(name, stored);
  }
  const codes = codesOfKeys(aggregate, ({ relation }) => {
    if (keysAs === 'texts') return null;
    const view = aggregate.rows.sources.flatMap((s) =>
      s.ref === relation && s.input.kind === 'table' ? [s.input.view] : [],
    );
    return tables.get(view.map(tableName)[0] ?? '')?.within ?? null;
  });
  for (const code of codes.values()) {
    const view = aggregate.tables.find((t) => code.kind === 'column' && t.ref === code.relation)?.view;
    const stored = view && tables.get(tableName(view));
    if (stored && code.kind === 'column') readColumn(stored, code.column);
  }
  return {
    codes,
    printing: {
      printTable: (view) => tables.get(tableName(view))?.within.print() ?? '',
      printOver: (view) => tables.get(tableName(view))?.over?.print() ?? null,
      isCode: isCodeColumn,
    },
    tables: [...tables.values()].flatMap(({ within, over }) => [...within.tables(), ...(over?.tables() ?? [])]),
  };
}

function readTable(view: TableView, found: LayoutsRead | undefined): ReadTable | null {
  if (found === undefined) return null;
  return { within: new StoredTable(view, ...found.within), over: found.over && new StoredTable(view, found.over) };
}

function readColumn({ within, over }: ReadTable, column: string): void {
  within.read(column);
  over?.read(column);
}

/** The public tables that an aggregation reads. */
export function publicTables(aggregate: ComputedRows): readonly PathTable[] {
  const byName = new Map<string, { readonly view: TableView; readonly columns: Set<string> }>();
  for (const { table, columns } of columnsNeeded(aggregate)) {
    const { view } = table;
    if (view.rules.publicTable === null) continue;
    const known = byName.get(tableName(view)) ?? { view, columns: new Set<string>() };
    for (const column of columns) known.columns.add(column);
    byName.set(tableName(view), known);
  }
  return [...byName].map(([name, { view, columns }]) => ({ kind: 'public', name, view, columns: [...columns] }));
}
