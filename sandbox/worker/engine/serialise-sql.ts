import type { DuckDBConnection } from 'duckdb';

/** Asks the engine for its own syntax tree of a text; nothing is bound and nothing runs. */
export async function serialiseSql(engine: DuckDBConnection, sql: string): Promise<string> {
  const reader = await engine.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
  return String(reader.value(0, 0));
}
