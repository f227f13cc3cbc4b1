import type { PlainQuery, PlainTables } from './bench-questions.ts';

/** Prints a plain query as one would write it. */
export function printPlain(query: PlainQuery, tables: PlainTables): string {
  const { keys, inner, where } = query;
  const items = [...keys, ...Object.entries(query.aggregates).map(([as, of]) => `${of} AS ${as}`)].join(', ');
  const filtered = where === null ? '' : ` WHERE ${where}`;
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  const rows = `${tables.from}${filtered}`;
  const from = inner === null ? rows : `(${inner.replace('{from}', rows)})`;
  return `SELECT ${items} FROM ${from}${grouped}`.replaceAll('{person}', tables.person);
}

/** Prints the sum of the parts of shards that `table` holds. */
export function printPlainTotal({ keys, aggregates }: PlainQuery, table: string): string {
  const sums = Object.keys(aggregates).map((name) => `sum(${name}) AS ${name}`);
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  return `SELECT ${[...keys, ...sums].join(', ')} FROM ${table}${grouped}`;
}

/** The same query without its count of persons: the harder baseline. */
export function withoutPersons(query: PlainQuery): PlainQuery {
  const kept = Object.entries(query.aggregates).filter(([, of]) => !of.includes('{person}'));
  return { ...query, aggregates: { rows: 'count(*)', ...Object.fromEntries(kept) }, countsPersons: false };
}
