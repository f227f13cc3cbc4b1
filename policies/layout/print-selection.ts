import { tableName } from '../collaboration/table-view.ts';
import { FunctionNames } from '../print/function-names.ts';
import { printSelected } from '../print/print-aggregate.ts';
import type { RowStyle } from '../print/print-rows.ts';
import type { ComputedRows } from './join-match.ts';
import type { PathQuery, PathTable, ShardStep } from './layout.ts';
import { wholeTables } from './over-parts.ts';
import type { Selection, SelectionPath } from './selection-path.ts';
import { publicTables, readStored } from './stored-tables.ts';

/** A selection run shard by shard: its only column is a person, each there once. */
export type SelectionQuery = Omit<PathQuery, 'columns'>;

/** Gather the persons; no table of anybody's is named without a dot. */
const PERSONS = 'persons';
const PERSONS_OVER = 'persons_over';

/**
 * Prints the path of a selection: the very persons of {@link printPersons}. A person is in one shard alone, and either
 * within what is declared or over it, so that nobody is gathered twice.
 */
export function printSelection(asked: Selection, path: SelectionPath): SelectionQuery {
  const functions = new FunctionNames();
  const style = { literals: 'value', functions } as const;
  const within = printWithin(path, style);
  const over = printOver(asked, path, style);
  const gathered = [PERSONS, ...(over === null ? [] : [PERSONS_OVER])].map((table) => `SELECT person FROM ${table}`);
  return {
    steps: [within.step, ...(over === null ? [] : [over.step])],
    sql: gathered.join(' UNION ALL '),
    tables: [...within.tables, ...publicTables(path.selection), ...(over?.tables ?? [])],
    functions: functions.list(),
  };
}

interface PrintedStep {
  readonly step: ShardStep;
  readonly tables: readonly PathTable[];
}

type Style = Pick<RowStyle, 'literals' | 'functions'>;

function printWithin({ selection, layouts, over }: SelectionPath, style: Style): PrintedStep {
  const { printing, tables } = readStored(selection, layouts, 'texts');
  // Of a match nobody here is over what is declared; of tables by themselves each brings those who are, and cuts them.
  const uncut = new Set(over === null ? [] : selection.tables.map(({ view }) => tableName(view)));
  const sql = printSelected(selection.rows, { ...style, uncut, stored: printing });
  return { step: { into: PERSONS, sql, keeps: 'run', merge: null }, tables };
}

/** Persons over what is declared of either table of a match, by the steps of the general program, cut and all. */
function printOver({ rows, tables: of }: Selection, { over }: SelectionPath, style: Style): PrintedStep | null {
  if (over === null) return null;
  const asked: ComputedRows = { rows, tables: of, keys: [], statistics: [] };
  const { printing, tables } = readStored(asked, wholeTables(over), 'texts');
  const sql = printSelected(rows, { ...style, uncut: new Set(), stored: { ...printing, isOver: true } });
  return {
    step: { into: PERSONS_OVER, sql, keeps: 'run', merge: null, isOver: true },
    tables: tables.map((table) => ({ ...table, isOver: true })),
  };
}
