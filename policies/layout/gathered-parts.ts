import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { Statistic } from '../plan/question-tree.ts';
import { isPicked, printListedValues, printRowSteps, printSumOfPersons } from '../print/print-aggregate.ts';
import { isListed, type ListedStatistic } from '../print/print-statistic.ts';
import type { NamedStatistic, PrintedParts } from '../print/printed-parts.ts';
import type { ShardStep } from './layout.ts';

/** Names of tables between steps; those of layouts and of owners' tables are longer words. */
interface Place {
  /** Gathers parts of groups. */
  readonly parts: string;
  /** What each person of a shard brings into each group, for when several steps read it. */
  readonly bounded: string;
}

const PLACE: Place = { parts: 'parts', bounded: 'bounded' };
/** Of persons over what is declared, whom steps of their own count. */
export const OVER_PLACE: Place = { parts: 'parts_over', bounded: 'bounded_over' };

/** What the parts of an aggregation have in common. */
export interface GatheredOf {
  readonly aggregate: PlannedAggregate;
  readonly keys: readonly string[];
  /** Keys that are gathered as codes; they are texts at the very end. */
  readonly codes: ReadonlySet<string>;
  /** All but the persons, who are counted as they are. */
  readonly measured: readonly NamedStatistic[];
}

/** What each person of a shard brings into each group: steps as of WITH, and the name of the last. */
export interface BoundedSteps {
  readonly steps: string;
  readonly source: string;
}

/** Prints the steps of a shard: persons never cross shards, so that parts of groups add up to groups. */
export function printParts(
  of: GatheredOf,
  { steps, source }: BoundedSteps,
  parts: PrintedParts,
  place: Place = PLACE,
): readonly ShardStep[] {
  const listed = of.measured.flatMap(({ statistic, name }) => (isListed(statistic) ? [{ statistic, name }] : []));
  const values = listed.map((named) => {
    const isOfPersons = isPicked(named.statistic, parts);
    const from = `(${printListedValues(named, parts, place.bounded)})`;
    const rows = isOfPersons ? '' : `WITH ${printRowSteps(parts)} `;
    return printValueParts(named, { keys: parts.keys, rows, from }, place);
  });
  // Several steps read which groups a person keeps, or which of its rows were picked.
  const isReadAgain = parts.choice.groups === 'kept' || listed.some(({ statistic }) => isPicked(statistic, parts));
  if (listed.length === 0 || !isReadAgain)
    return [gathered(`WITH ${steps} ${printSums(parts, source)}`, of, place), ...values];
  return [
    { into: place.bounded, sql: `WITH ${steps} SELECT * FROM ${source}`, keeps: 'shard', merge: null },
    gathered(printSums(parts, place.bounded), of, place),
    ...values,
  ];
}

/** The step that gathers parts of groups, from a SELECT of the keys, `s0` for the persons and the sums. */
export function gathered(
  sql: string,
  { keys, measured }: Pick<GatheredOf, 'keys' | 'measured'>,
  { parts }: Place = PLACE,
): ShardStep {
  const summed = ['s0', ...measured.filter(({ statistic }) => !isListed(statistic)).map((m) => m.name)];
  const sums = summed.map((name) => `CAST(sum(${name}) AS HUGEINT) AS ${name}`);
  const merge = `SELECT ${[...keys, ...sums].join(', ')} FROM ${parts}${groupedBy(keys)}`;
  return { into: parts, sql, keeps: 'run', merge };
}

function printSums(parts: PrintedParts, source: string): string {
  const { keys, measured } = parts;
  const summed = measured.filter(({ statistic }) => !isListed(statistic));
  const sums = summed.map((of) => `CAST(${printSumOfPersons(of, parts)} AS HUGEINT) AS ${of.name}`);
  const columns = [...keys, 'CAST(count(*) AS HUGEINT) AS s0', ...sums];
  return `SELECT ${columns.join(', ')} FROM ${source}${groupedBy(keys)}`;
}

/** Rows of the keys and `v`, after the steps that they are made by, as of WITH. */
interface ListedRows {
  readonly keys: readonly string[];
  readonly rows: string;
  readonly from: string;
}

/** The step that gathers values: one that persons of two shards bring is one distinct value, and two rows of a bin. */
export function printValueParts(
  { statistic, name }: NamedStatistic<ListedStatistic>,
  { keys, rows, from }: ListedRows,
  place: Place = PLACE,
): ShardStep {
  const into = listTable(name, place);
  const by = [...keys, 'v'].join(', ');
  if (statistic.kind === 'distinct') {
    const sql = `${rows}SELECT DISTINCT ${by} FROM ${from}`;
    return { into, sql, keeps: 'run', merge: `SELECT DISTINCT ${by} FROM ${into}` };
  }
  return {
    into,
    sql: `${rows}SELECT ${by}, CAST(count(*) AS HUGEINT) AS n FROM ${from} GROUP BY ${by}`,
    keeps: 'run',
    merge: `SELECT ${by}, CAST(sum(n) AS HUGEINT) AS n FROM ${into} GROUP BY ${by}`,
  };
}

function listTable(name: string, { parts }: Place): string {
  return `${parts}_${name}`;
}

function groupedBy(keys: readonly string[]): string {
  return keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
}

/**
 * Prints the groups from all that was gathered: only here is known how many persons a group has. `hasOver` says that
 * persons over what is declared were gathered beside.
 */
export function printGathered(of: GatheredOf, hasOver: boolean): string {
  const { aggregate, keys, measured } = of;
  const lists = measured.flatMap(({ statistic, name }) => (isListed(statistic) ? [{ statistic, name }] : []));
  const sums = ['s0', ...measured.filter(({ statistic }) => !isListed(statistic)).map((m) => m.name)];
  const sized = aggregate.publicGroups === null ? ` HAVING sum(a.s0) >= ${aggregate.minGroupSize}` : '';
  const from = `${printAll(PLACE.parts, sums, of, hasOver)} AS a${groupedBy(keys.map((k) => `a.${k}`))}${sized}`;
  const shownKeys = (relation: string): readonly string[] => keys.map((k) => printText(`${relation}.${k}`, k, of));
  if (lists.length === 0) {
    const shown = [...shownKeys('a'), ...sums.map((s) => `CAST(sum(a.${s}) AS VARCHAR) AS ${s}`)];
    return `SELECT ${shown.join(', ')} FROM ${from}`;
  }
  const groups = [...keys.map((k) => `a.${k}`), ...sums.map((s) => `sum(a.${s}) AS ${s}`)].join(', ');
  const counts = lists.map(({ statistic, name }) => `d${name} AS (${printCount(statistic, name, of, hasOver)})`);
  const joins = lists.map(({ name }) => {
    const same = keys.map((k) => `g.${k} IS NOT DISTINCT FROM d${name}.${k}`);
    return ` LEFT JOIN d${name} ON ${same.length === 0 ? 'TRUE' : same.join(' AND ')}`;
  });
  const columns = measured.map(({ statistic, name }) =>
    isListed(statistic) ? `d${name}.${name}` : `CAST(g.${name} AS VARCHAR) AS ${name}`,
  );
  const shown = [...shownKeys('g'), 'CAST(g.s0 AS VARCHAR) AS s0', ...columns].join(', ');
  return `WITH g AS (SELECT ${groups} FROM ${from}), ${counts.join(', ')} SELECT ${shown} FROM g${joins.join('')}`;
}

/** A key of a group as it is shown: only groups are turned to texts, not their parts. */
function printText(value: string, key: string, { codes }: GatheredOf): string {
  return codes.has(key) ? `CAST(${value} AS VARCHAR) AS ${key}` : value;
}

/**
 * The rows of a gathering table, with those that were gathered of persons over what is declared. Both have the codes of one
 * dictionary; of other codes, or of texts, the engine makes texts.
 */
function printAll(table: string, columns: readonly string[], { keys }: GatheredOf, hasOver: boolean): string {
  const read = [...keys, ...columns].join(', ');
  const over = table.replace(PLACE.parts, OVER_PLACE.parts);
  return `(SELECT ${read} FROM ${table}${hasOver ? ` UNION ALL SELECT ${read} FROM ${over}` : ''})`;
}

function printCount(statistic: Statistic, name: string, of: GatheredOf, hasOver: boolean): string {
  const { keys } = of;
  const table = listTable(name, PLACE);
  const named = keys.map((k) => `${k}, `).join('');
  if (statistic.kind === 'distinct') {
    const values = printAll(table, ['v'], of, hasOver);
    return `SELECT ${named}CAST(count(DISTINCT v) AS VARCHAR) AS ${name} FROM ${values}${groupedBy(keys)}`;
  }
  const by = [...keys, 'v'].join(', ');
  const bins = `SELECT ${by}, sum(n) AS n FROM ${printAll(table, ['v', 'n'], of, hasOver)} GROUP BY ${by}`;
  return `SELECT ${named}string_agg(v || ':' || n, ',' ORDER BY v) AS ${name} FROM (${bins})${groupedBy(keys)}`;
}
