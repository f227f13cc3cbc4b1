import { columnsIn, type Expression } from '../plan/expression.ts';
import { keyColumn, type Statistic } from '../plan/question-tree.ts';
import { FunctionNames } from '../print/function-names.ts';
import { printKey, printListed, printWhere, rawColumns } from '../print/print-aggregate.ts';
import { type PrintStyle, printExpression, quoteName } from '../print/print-expression.ts';
import { gathered, printGathered } from './gathered-parts.ts';
import { innerTables } from './join-match.ts';
import { LAYOUT_COLUMNS, type PathQuery } from './layout.ts';
import { overParts, printOver } from './over-parts.ts';
import type { StreamedPath } from './path.ts';
import { codesOfKeys, StoredTable } from './stored-tables.ts';
import {
  printBoundedTotal,
  printClampedRow,
  printStreamedRow,
  printWholeUnits,
  type StreamedSum,
  type StreamedValue,
} from './streamed-value.ts';

/**
 * Most rows of a person in a group that are added up by looking back from the last; where there are more, they are read
 * once more. Each step back costs a column on every row, and two of three pairs have no more rows in tables of events.
 */
const NEAR_ROWS_COUNT = 4;

/** A statistic that is more than counted, under its name. */
interface NamedSum {
  readonly name: string;
  readonly sum: StreamedSum;
}

/** What the steps have in common. */
interface StreamedParts {
  readonly path: StreamedPath;
  readonly style: PrintStyle;
  readonly keys: readonly string[];
  readonly named: readonly { readonly name: string; readonly value: StreamedValue }[];
  readonly sums: readonly NamedSum[];
  /** The rows that count, as `SELECT <columns> FROM … WHERE …`. */
  readonly from: string;
  readonly conditions: readonly string[];
  readonly columns: { readonly keys: readonly string[]; readonly sums: readonly string[] };
  readonly stored: { readonly unit: string; readonly person: string; readonly rows: string; readonly pairs: string };
}

/**
 * Prints counting over rows in stored order, in one pass and without a table of persons: rows of a person in a group
 * follow one another, and groups of a person follow one another in the order in which a bound of groups keeps them.
 *
 * Steps: `v` the rows that count, `r` the same with what stands before and after each, `u` and `w` the last row of each
 * person in each group, `k` the groups, with those persons who have many rows there listed.
 *
 * INVARIANT: the engine hands the rows of a table to a window without an order in the order in which they are stored.
 * Nothing that it documents promises that, so that the steps prove it on the very rows, or the run fails. The rows of one
 * stream are in order where no row is followed by one of an earlier unit, and no last row has a lower number than the last
 * row before it; and there is one stream where one last row has none before it.
 */
export function printStreamed(path: StreamedPath): PathQuery {
  const { aggregate } = path;
  const { parts, table, codes } = streamedParts(path);
  const of = {
    aggregate,
    keys: parts.keys,
    codes,
    measured: parts.named.map(({ name }, index) => ({ name, statistic: aggregate.statistics[index + 1] as Statistic })),
  };
  const over = overParts(path.asked, path.over, parts.style.functions, 'groups');
  return {
    steps: [gathered(printSums(parts), of), ...printOver(of, over)],
    sql: printGathered(of, true),
    tables: [...table.tables(), ...over.tables],
    functions: [],
    columns: rawColumns(path.asked),
  };
}

function streamedParts(path: StreamedPath) {
  const { aggregate, rows } = path;
  const [source] = innerTables(aggregate.rows);
  if (source === undefined) throw new TypeError('rows in stored order are those of one source');
  const style: PrintStyle = { literals: 'value', functions: new FunctionNames() };
  const table = new StoredTable(source.view, rows);
  const codes = codesOfKeys(aggregate, () => table);
  const named = path.values.map((value, index) => ({ name: `s${index}`, value })).slice(1);
  const sums = named.flatMap(({ name, value }) => (value.kind === 'sum' ? [{ name, sum: value }] : []));
  const expressions: readonly Expression[] = [
    ...[...aggregate.rows.filters, ...aggregate.rows.sources.flatMap((s) => s.on)],
    ...aggregate.keys.flatMap((k, index) => {
      const code = codes.get(keyColumn(index));
      return code === undefined || aggregate.publicGroups !== null ? [k.expression, ...(code ? [code] : [])] : [code];
    }),
    ...sums.flatMap(({ sum: { statistic } }) => ('of' in statistic ? [statistic.of] : [statistic.when ?? []].flat())),
  ];
  for (const { column } of expressions.flatMap(columnsIn)) table.read(column);
  const printStored = (column: string): string => {
    table.read(column);
    return `${source.ref}.${quoteName(column)}`;
  };
  const { ordinal, pair, rows: count, pairs } = LAYOUT_COLUMNS;
  const stored = {
    unit: printStored(path.unit === 'pair' ? pair : ordinal),
    person: printStored(ordinal),
    rows: printStored(count),
    pairs: path.unit === 'pair' ? '' : printStored(pairs),
  };
  const parts: StreamedParts = {
    path,
    style,
    keys: aggregate.keys.map((_, index) => keyColumn(index)),
    named,
    sums,
    from: `${table.print()} AS ${source.ref}`,
    conditions: [
      ...[...aggregate.rows.filters, ...aggregate.rows.sources.flatMap((s) => s.on)].map((c) =>
        printExpression(c, style),
      ),
      ...printListed(aggregate, style),
    ],
    columns: {
      keys: aggregate.keys.map((k, i) => `${printKey(k, style, codes.get(keyColumn(i)))} AS ${keyColumn(i)}`),
      sums: sums.map(({ name, sum }) => `${printStreamedRow(sum, style)} AS ${name}`),
    },
    stored,
  };
  return { parts, table, codes: new Set(codes.keys()) };
}

function printSums(parts: StreamedParts): string {
  const { path, keys, named, sums, from, conditions, columns, stored } = parts;
  const isRanked = path.unit === 'pair' && path.choice.groups === 'kept';
  const read = [
    `${stored.unit} AS unit`,
    ...(isRanked ? [`${stored.person} AS person`] : []),
    ...columns.keys,
    ...columns.sums,
  ];
  const names = ['unit', ...(isRanked ? ['person'] : []), ...keys];
  const clamped = sums.map(({ name, sum }) => `${printClampedRow(sum, name)} AS ${name}`);
  const before = sums.flatMap(({ name }) => steps().map((k) => `lag(${name}, ${k}) OVER () AS ${name}_${k}`));
  const near = sums.flatMap(({ name }) => [name, ...steps().map((k) => `${name}_${k}`)]);
  const seen = [
    ...names,
    ...sums.map((s) => s.name),
    'row_number() OVER () AS place',
    'lead(unit) OVER () AS next',
    ...before,
  ];
  const ahead = isRanked ? [`lag(person, ${path.aggregate.maxGroupsPerPerson}) OVER () AS ahead`] : [];
  const last = [...names, ...near, 'place', 'lag(place) OVER () AS former', ...ahead];
  const counted = [...names, ...near, ...ahead.map(() => 'ahead'), 'former', 'place - coalesce(former, 0) AS n'];
  const ctes = [
    `v AS (SELECT ${[...names, ...clamped].join(', ')} FROM (SELECT ${read.join(', ')} FROM ${from}${printWhere(conditions)}))`,
    `r AS (SELECT ${seen.join(', ')} FROM v)`,
    `u AS (SELECT ${last.join(', ')} FROM r WHERE next IS DISTINCT FROM unit AND ${printHolds('next < unit')})`,
    `w AS (SELECT ${counted.join(', ')} FROM u)`,
    `k AS MATERIALIZED (${printGroups(parts, isRanked)})`,
  ];
  const totals = named.map(({ name, value }) => `${printWhole(value, name)} AS ${name}`);
  const columnsOf = [...keys, 'CAST(s0 AS HUGEINT) AS s0', ...totals].join(', ');
  const few = `SELECT ${columnsOf} FROM k WHERE ${printHolds('(SELECT sum(firsts) > 1 FROM k)')}`;
  if (sums.length === 0) return `WITH ${ctes.join(', ')} ${few}`;
  return `WITH ${ctes.join(', ')} ${few} UNION ALL ${printMany(parts)}`;
}

/**
 * The groups. A stream has one last row that none came before, and it is always kept: where they count more than one, rows
 * were handed on in more streams than one, and neither `next` nor `n` of each says anything.
 */
function printGroups({ path, keys, named, sums }: StreamedParts, isRanked: boolean): string {
  const groups = [
    ...keys,
    'count(*) AS s0',
    ...named.map(({ name, value }) => `${printNear(name, value)} AS ${name}`),
    ...(sums.length === 0 ? [] : [`list(unit) FILTER (WHERE n > ${NEAR_ROWS_COUNT}) AS many`]),
    'count(*) FILTER (WHERE former IS NULL) AS firsts',
  ];
  // In one expression: of two conditions the engine asks the second only where the first holds, of units that are kept.
  const kept = printHolds(`n < 1 OR n > ${mostRowsOf(path)}`, isRanked ? 'ahead IS DISTINCT FROM person' : 'TRUE');
  return `SELECT ${groups.join(', ')} FROM w WHERE ${kept}${groupedBy(keys)}`;
}

/** What the persons with many rows in a group bring, from a second reading of their rows. */
function printMany({ path, keys, named, sums, from, conditions, columns, stored }: StreamedParts): string {
  // Nobody has many rows in a group who does not have them in the table.
  const isMany =
    path.unit === 'pair'
      ? `${stored.rows} > ${NEAR_ROWS_COUNT}`
      : `(${stored.rows} > ${NEAR_ROWS_COUNT} OR ${stored.pairs} > 1)`;
  const read = `SELECT ${[`${stored.unit} AS unit`, ...columns.sums].join(', ')} FROM ${from}${printWhere([isMany, ...conditions])}`;
  const clamped = sums.map(({ name, sum }) => `${printClampedRow(sum, name)} AS ${name}`);
  const added = sums.map(({ name }) => `sum(${name}) AS ${name}`);
  // Joined first: under a condition that leaves few rows next to none of them are of such persons.
  const listed = `SELECT ${[...keys, 'unnest(many) AS unit'].join(', ')} FROM k`;
  const rows = `(SELECT ${['unit', ...clamped].join(', ')} FROM (${read})) JOIN (${listed}) USING (unit)`;
  const units = `SELECT ${[...keys, ...added].join(', ')} FROM ${rows} GROUP BY ${['unit', ...keys].join(', ')}`;
  const most = mostRowsOf(path);
  const totals = named.map(({ name, value }) =>
    value.kind === 'sum'
      ? `${printWholeUnits(value, `sum(${printBoundedTotal(value, name, most)})`)} AS ${name}`
      : `CAST(NULL AS HUGEINT) AS ${name}`,
  );
  const columnsOf = [...keys, 'CAST(0 AS HUGEINT) AS s0', ...totals].join(', ');
  return `SELECT ${columnsOf} FROM (${units})${groupedBy(keys)}`;
}

/** Most rows of a person: rows are read in order only where nobody has more than declared. */
function mostRowsOf({ aggregate }: StreamedPath): number {
  return aggregate.tables.reduce((rows, t) => Math.max(rows, t.view.rules.rowsPerPerson), 1);
}

function printHolds(fault: string, otherwise = 'TRUE'): string {
  return `CASE WHEN ${fault} THEN CAST(error('rows are out of order') AS BOOLEAN) ELSE ${otherwise} END`;
}

/** What the persons with few rows in a group bring, added up. */
function printNear(name: string, value: StreamedValue): string {
  switch (value.kind) {
    case 'person':
      return 'count(*)';
    case 'rows':
      return `sum(least(n, ${value.upper}))`;
    default: {
      const back = steps().map((k) => ` + CASE WHEN n > ${k} THEN ${name}_${k} ELSE 0 END`);
      const total = printBoundedTotal(value, `(${name}${back.join('')})`, NEAR_ROWS_COUNT);
      return `sum(${total}) FILTER (WHERE n <= ${NEAR_ROWS_COUNT})`;
    }
  }
}

function printWhole(value: StreamedValue, name: string): string {
  return value.kind === 'sum' ? printWholeUnits(value, name) : `CAST(${name} AS HUGEINT)`;
}

function steps(): readonly number[] {
  return Array.from({ length: NEAR_ROWS_COUNT - 1 }, (_, index) => index + 1);
}

function groupedBy(keys: readonly string[]): string {
  return keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
}
