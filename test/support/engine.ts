import { DuckDBInstance } from 'duckdb';
import { type Checked, type Parse, type ParsedQuery, readQuery } from '../../policies/index.ts';

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();

/** Parses SQL with the grammar that ships, in this process: for tests of pure rules, where no wall is at stake. */
export async function parseSql(sql: string): Promise<Parse> {
  const reader = await connection.runAndReadAll('select json_serialize_sql($1::varchar)', [sql]);
  const tree = String(reader.getRows()[0]?.[0]);
  const answer = JSON.parse(tree) as { error: boolean; error_type?: string; position?: string };
  if (!answer.error) return { ok: true, tree };
  const reason = answer.error_type === 'parser' ? 'syntax' : 'not-select';
  if (answer.position === undefined) return { ok: false, reason };
  // The grammar counts characters here and bytes in its trees.
  const before = [...sql].slice(0, Number(answer.position)).join('');
  return { ok: false, reason, position: Buffer.byteLength(before) };
}

/** Parses and reads SQL. */
export async function readSql(sql: string): Promise<Checked<ParsedQuery>> {
  return readQuery(sql, await parseSql(sql));
}

/** Runs SQL and returns its rows as plain values. */
export async function runSql(sql: string, parameters: bigint[] = []): Promise<readonly (readonly unknown[])[]> {
  const reader = await connection.runAndReadAll(sql, parameters);
  return reader.getRows();
}
