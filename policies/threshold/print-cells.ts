/**
 * The tables of one side of a comparison: contributions of a person to each group, and to every total along the keys.
 *
 * A total is a group of its own, as anybody can add released groups up: `level` says by GROUPING which keys it leaves
 * open, and 0 is a group as asked for.
 */
export interface CellTables {
  /** One row a group: `g` its number, `level`, its keys, `c0`… the persons who bring something to each statistic. */
  readonly groups: string;
  /** A subquery, one row a person and group: `p`, `g` and `s0`… what the person brings. */
  readonly cells: string;
  /** The common table expressions that both read. */
  readonly printed: readonly string[];
}

/** Prints the groups and totals of a query of contributions (`p`, `k0`…, `s1`…), as tables that begin with `prefix`. */
export function printCells(
  prefix: string,
  of: { readonly contributions: string; readonly keyCount: number; readonly statisticCount: number },
): CellTables {
  const keys = Array.from({ length: of.keyCount }, (_, i) => `k${i}`);
  const statistics = Array.from({ length: of.statisticCount }, (_, i) => `s${i}`);
  const [added, groups] = [`${prefix}_added`, `${prefix}_groups`];
  const sums = statistics.slice(1).map((s) => `CAST(sum(${s}) AS HUGEINT) AS ${s}`);
  const level = keys.length === 0 ? '0' : `GROUPING(${keys.join(', ')})`;
  const by = keys.length === 0 ? 'p' : `p, CUBE(${keys.join(', ')})`;
  const totals = ['p', `${level} AS level`, ...keys, 'CAST(count(*) AS HUGEINT) AS s0', ...sums];
  const persons = statistics.map((s, i) => `count(*) FILTER (WHERE ${s} <> 0) AS c${i}`);
  const named = ['level', ...keys].join(', ');
  // Keys may be NULL, and one NULL is the same key as another.
  const same = ['a.level = g.level', ...keys.map((k) => `a.${k} IS NOT DISTINCT FROM g.${k}`)].join(' AND ');
  return {
    groups,
    cells: `(SELECT a.p, g.g, ${statistics.map((s) => `a.${s}`).join(', ')} FROM ${added} a JOIN ${groups} g ON ${same})`,
    printed: [
      `${added} AS MATERIALIZED (SELECT ${totals.join(', ')} FROM (${of.contributions}) GROUP BY ${by})`,
      `${groups} AS MATERIALIZED (SELECT ${named}, row_number() OVER () AS g, ${persons.join(', ')} FROM ${added} GROUP BY ${named})`,
    ],
  };
}

/** The smallest of some expressions that is not NULL; NULL when all are. */
export function least(expressions: readonly string[]): string {
  if (expressions.length === 0) return 'CAST(NULL AS HUGEINT)';
  return `least(${expressions.join(', ')})`;
}

/** A number of persons when there are any, else NULL: no difference gives nobody away. */
export function unlessNone(persons: string, condition = 'TRUE'): string {
  return `CASE WHEN ${condition} AND ${persons} > 0 THEN ${persons} END`;
}
