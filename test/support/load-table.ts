import { type TableView, tableName } from '../../policies/index.ts';
import { runSql } from './engine.ts';
import { loadScores } from './scoring.ts';

/** Rows of a test table: a value a column, in the order of the view's columns, each a SQL literal or `null`. */
export type TestRows = readonly (readonly (string | null)[])[];

const ENGINE_TYPES = {
  person: 'BIGINT',
  integer: 'BIGINT',
  double: 'DOUBLE',
  text: 'VARCHAR',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  interval: 'INTERVAL',
  null: 'INTEGER',
} as const;

/** Makes a table of the engine hold exactly these rows. */
export async function loadTable(view: TableView, rows: TestRows): Promise<void> {
  await loadScores();
  const columns = view.columns.map(({ name, type }) => {
    const engineType = type.kind === 'decimal' ? `DECIMAL(18, ${type.scale})` : ENGINE_TYPES[type.kind];
    return `"${name}" ${engineType}`;
  });
  const table = `"${tableName(view)}"`;
  await runSql(`CREATE OR REPLACE TABLE ${table} (${columns.join(', ')})`);
  if (rows.length === 0) return;
  const values = rows.map((row) => `(${row.map((v) => v ?? 'NULL').join(', ')})`);
  await runSql(`INSERT INTO ${table} VALUES ${values.join(', ')}`);
}
