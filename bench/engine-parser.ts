import { DuckDBInstance } from 'duckdb';
import type { Parse } from '../policies/index.ts';

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.run('CREATE SCHEMA jiufang');
await connection.run('CREATE SCHEMA chenxi');
await connection.run('CREATE TABLE jiufang.outcomes (email TEXT, city TEXT, visit BIGINT, spend DECIMAL(18, 2))');
await connection.run('CREATE TABLE chenxi.mailings (email TEXT, arm TEXT, tier BIGINT)');
// Not an engine's function, and only its name and types matter to bind a text.
await connection.run('CREATE MACRO clamp(x, low, high) AS least(greatest(x, low), high)');
const grammar = await connection.prepare('SELECT json_serialize_sql($1::VARCHAR)');

/** The grammar's tree of a text, from an engine in this process: without the wall, which has its own figures. */
export async function parseText(sql: string): Promise<Parse> {
  grammar.bindVarchar(1, sql);
  const reader = await grammar.runAndReadAll();
  return { ok: true, tree: String(reader.getRows()[0]?.[0]) };
}

/** The engine's own parse and bind of the same text, over empty tables of the same columns. */
export async function prepareText(sql: string): Promise<void> {
  const prepared = await connection.prepare(sql);
  prepared.destroySync();
}
