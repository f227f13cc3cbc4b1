import type { BenchEngine } from '../measure/bench-engine.ts';

/** What one statement did, without a clock. */
export interface StatementShape {
  /** Its physical operators, each with what it reads in brackets; projections are left out. */
  readonly operators: string;
  /** Rows scanned of each table, whatever came of them. */
  readonly rowsOfTables: ReadonlyMap<string, number>;
  /** The most that the engine held meanwhile, pages of tables included. */
  readonly peakBytes: number;
}

interface Operator {
  readonly operator_name: string;
  readonly operator_rows_scanned: number;
  readonly extra_info: { readonly Table?: string };
  readonly children: readonly Operator[];
}

interface Profile {
  readonly system_peak_buffer_memory: number;
  readonly children: readonly Operator[];
}

/** Operators that are in every plan and cost next to nothing. */
const SILENT_OPERATORS: readonly string[] = [
  ...['EXPLAIN_ANALYZE', 'CREATE_TABLE_AS', 'BATCH_CREATE_TABLE_AS', 'INSERT', 'BATCH_INSERT', 'PROJECTION'],
];

/** Runs a statement and tells what it did. */
export async function profile(
  engine: BenchEngine,
  sql: string,
  parameters: readonly bigint[],
): Promise<StatementShape> {
  const [[, text] = []] = await engine.rows(`EXPLAIN (ANALYZE, FORMAT json) ${sql}`, parameters);
  const read = JSON.parse(String(text)) as Profile;
  const rowsOfTables = new Map<string, number>();
  for (const operator of read.children) countRows(operator, rowsOfTables);
  return { operators: namesOf(read.children), rowsOfTables, peakBytes: read.system_peak_buffer_memory };
}

function countRows({ extra_info, operator_rows_scanned, children }: Operator, into: Map<string, number>): void {
  const table = tableOf(extra_info.Table);
  if (table !== null) into.set(table, (into.get(table) ?? 0) + operator_rows_scanned);
  for (const child of children) countRows(child, into);
}

function namesOf(operators: readonly Operator[]): string {
  return operators.map(nameOf).join(', ');
}

function nameOf({ operator_name, extra_info, children }: Operator): string {
  const name = operator_name.trim();
  const within = namesOf(children);
  if (SILENT_OPERATORS.includes(name)) return within;
  const table = tableOf(extra_info.Table);
  return table === null ? `${name}${within === '' ? '' : `(${within})`}` : `${name} ${table}`;
}

/** The engine says `database.schema.table`, and names of tables have dots themselves. */
function tableOf(said: string | undefined): string | null {
  return said === undefined ? null : said.split('.').slice(2).join('.');
}
