import { keptOrder } from '../plan/kept-order.ts';
import type { PrintedParts, StoredReading } from './printed-parts.ts';

/**
 * Most groups of a person that are kept as the least of an aggregate: it takes room for so many of each person over the
 * bound, whether they are there or not.
 */
const MOST_LEAST_COUNT = 16;

/**
 * The groups of a person that stay, by a keyed hash; two sort keys keep DuckDB's top-N rewrite away, which had wrong results.
 *
 * Only persons over the bound, `h`, are ranked: all others keep what they have, and to sort it would take as long as
 * the rest of the question.
 */
export function printKeptSteps({
  aggregate,
  keys,
  measured,
  stored,
}: Pick<PrintedParts, 'aggregate' | 'keys' | 'measured' | 'stored'>): readonly string[] {
  const most = aggregate.maxGroupsPerPerson;
  const columns = [...keys, ...measured.map(({ name }) => name)];
  const shown = ['p', ...columns].join(', ');
  const order = orderOfKept({ aggregate, stored });
  const number = `row_number() OVER (PARTITION BY p ORDER BY ${order.join(', ')}) AS n`;
  if (stored?.isOver === true) {
    return [`l AS (SELECT ${shown} FROM (SELECT ${shown}, ${number} FROM b) WHERE n <= ${most})`];
  }
  const within = `SELECT ${shown} FROM b ANTI JOIN h USING (p)`;
  const over = 'FROM b SEMI JOIN h USING (p)';
  const kept =
    stored?.isNarrow === true && most <= MOST_LEAST_COUNT
      ? printLeast({ columns, order, most }, over)
      : `SELECT ${shown} FROM (SELECT ${shown}, ${number} ${over}) WHERE n <= ${most}`;
  return [
    `h AS MATERIALIZED (SELECT p FROM b GROUP BY p HAVING count(*) > ${most})`,
    `l AS (${within} UNION ALL ${kept})`,
  ];
}

/** By what groups of a person are put in order: no two of a person tie. */
function orderOfKept({ aggregate, stored }: Pick<PrintedParts, 'aggregate' | 'stored'>): readonly string[] {
  const kept = stored?.kept ?? keptOrder(aggregate);
  const varying = kept.varying.map((k) => printHashed(k, stored));
  const others = kept.others.map((k) => printHashed(k, stored));
  return [`hash(${['p', ...varying, '$1'].join(', ')})`, ...varying, ...others, 'p'];
}

/**
 * The same as the first rows of each person by `order`, as one aggregate. Where few persons are over the bound a window takes
 * longer to be planned and set up than to be computed; where most are, it takes half as long as this.
 */
function printLeast(
  {
    columns,
    order,
    most,
  }: { readonly columns: readonly string[]; readonly order: readonly string[]; readonly most: number },
  from: string,
): string {
  const fields = [...order.map((by, index) => `o${index} := ${by}`), ...columns.map((name) => `${name} := ${name}`)];
  const least = `unnest(min(struct_pack(${fields.join(', ')}), ${most})) AS kept`;
  return `SELECT ${['p', ...columns.map((name) => `kept.${name}`)].join(', ')} FROM (SELECT p, ${least} ${from} GROUP BY p)`;
}

/** A key as it is hashed and put in order: a code as its text. */
function printHashed(key: string, stored: StoredReading | null): string {
  return stored?.codes.has(key) === true ? `CAST(${key} AS VARCHAR)` : key;
}
