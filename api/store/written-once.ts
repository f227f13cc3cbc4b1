// To build a statement and to write it as text takes Kysely longer than SQLite takes to answer it. What every question asks
// is written once, with places for what differs from call to call.
import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Database } from './store.ts';

/** Stands in a statement for a value of each call. */
class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A statement that is written at its first call, and asked with the values of each.
 *
 * @param write builds it; its values may be given to the statement and to `anyOf`, and looked at in no other way
 */
export function writtenOnce<Values extends object, Row>(
  write: (db: Database, values: Values) => { compile(): CompiledQuery<Row> },
): (db: Database, values: Values) => Promise<Row[]> {
  const places = new Proxy({}, { get: (_, name) => new Place(String(name)) }) as Values;
  let written: CompiledQuery<Row> | undefined;
  return async (db, values) => {
    written ??= write(db, places).compile();
    const parameters = written.parameters.map((value) =>
      value instanceof Place ? asked(values[value.name as keyof Values]) : value,
    );
    return (await db.executeQuery<Row>({ ...written, parameters })).rows;
  };
}

/** The members of a list: one parameter, however many they are, so that it is one statement for all of them. */
export function anyOf(list: readonly string[]): RawBuilder<string> {
  return sql<string>`(select value from json_each(${list}))`;
}

function asked(value: unknown): unknown {
  return Array.isArray(value) ? JSON.stringify(value) : value;
}
