import { type TableView, tableName } from '../collaboration/table-view.ts';
import { columnsOfTable } from '../plan/columns-needed.ts';
import { assertNever, type Expression } from '../plan/expression.ts';
import { PERSON_COLUMN, type ProtectedRows, type RowInput, type RowSource } from '../plan/protected-rows.ts';
import { partsOfPersonAggregate, personOf } from '../plan/walk-rows.ts';
import { engineType, type PrintStyle, printExpression, quoteName } from './print-expression.ts';
import { printOneOfEquals } from './print-one-of-equals.ts';
import { printPersonAggregate } from './print-person-aggregate.ts';

/** Rows as the parts of a SELECT. */
export interface PrintedRows {
  readonly from: string;
  readonly where: readonly string[];
  /** The person of a row. */
  readonly person: string;
}

/** How rows are printed. */
export interface RowStyle extends PrintStyle {
  /** Tables, by their names, in which no person has more rows than declared, so that no cut is printed. */
  readonly uncut: ReadonlySet<string>;
  /** What is read in place of tables of persons; left out, the tables as they were handed in. */
  readonly stored?: StoredRows;
}

/** Rows of tables of persons from elsewhere, all of them and those of nobody left out. */
export interface StoredRows {
  /** What stands for a table after FROM, with at least the columns that are read of it, under their names. */
  printTable(view: TableView): string;
  /**
   * What stands for the rows of persons over what is declared of a table, where the other has those of all others;
   * `null` where it has all.
   */
  printOver(view: TableView): string | null;
  /**
   * Whether all that is read is of persons over what is declared: they are put in order without being told from others
   * first.
   */
  readonly isOver?: boolean;
  /** Whether a column says once more what another says. */
  isCode(column: string): boolean;
}

/**
 * Prints rows of persons: sources joined on the person of the first, tables cut to the rows that their owners declared.
 *
 * `reads` are the expressions that the query around them computes on a row; columns that nothing reads are left out.
 */
export function printRows(rows: ProtectedRows, style: RowStyle, reads: readonly Expression[]): PrintedRows {
  const [first, ...rest] = rows.sources;
  if (first === undefined) throw new TypeError('rows have at least one source');
  const read = [...reads, ...rows.filters, ...rows.sources.flatMap((s) => s.on)];
  const person = printPerson(first, style);
  const joins = rest.map((source) => printJoin(source, person, { style, read }));
  return {
    from: [printSource(first, { style, read }), ...joins].join(' '),
    where: [`${person} IS NOT NULL`, ...rows.filters.map((f) => printExpression(f, style))],
    person,
  };
}

interface PrintScope {
  readonly style: RowStyle;
  readonly read: readonly Expression[];
}

function printPerson(source: RowSource, style: PrintStyle): string {
  const person = personOf(source);
  return person === null ? 'NULL' : printExpression(person, style);
}

function printJoin(source: RowSource, person: string, scope: PrintScope): string {
  const isPublic = source.input.kind === 'public';
  const conditions = [
    ...(isPublic ? [] : [`${printPerson(source, scope.style)} = ${person}`]),
    ...source.on.map((c) => printExpression(c, scope.style)),
  ];
  const join = source.how === 'left' ? 'LEFT JOIN' : 'JOIN';
  return `${join} ${printSource(source, scope)} ON ${conditions.length === 0 ? 'TRUE' : conditions.join(' AND ')}`;
}

function printSource(source: RowSource, scope: PrintScope): string {
  const { input, ref } = source;
  const isTable = input.kind === 'table' || input.kind === 'public';
  return `(${isTable ? printCut(source, scope) : printQuery(input, scope.style)}) AS ${ref}`;
}

/** A name that no column can have: columns are named without spaces. */
const CUT_COLUMN = 'row of person';
/** Persons with more rows than declared. No table can be named so: names of tables have a dot. */
const OVER_TABLE = 'persons over';

/**
 * A table, cut to the rows that its owner declared for one person, or for one key of a public table.
 *
 * Without the cut a member could load one address ten thousand times, join the table with itself, and learn from the
 * time of the answer whether that person is in the other member's data; and one person's rows would count without
 * bound; it is left out only where it would take nothing away. Which rows are kept follows from the person's own rows
 * and the secret salt `$1`; rows that tie are equal in every column that is read. Only the rows of persons over the
 * declaration are put in order: to sort all would take longer, and one person over it must not be told from none by the
 * time. Two sort keys keep DuckDB's top-N rewrite away; it had wrong results.
 */
function printCut(source: RowSource, { read, style }: PrintScope): string {
  const { input } = source;
  if (input.kind !== 'table' && input.kind !== 'public') throw new TypeError('only tables are cut');
  const { rules } = input.view;
  const isPublic = input.kind === 'public';
  const columns = columnsOfTable(source, read);
  const names = columns.map(quoteName).join(', ');
  const by = (isPublic ? input.keys : [rules.identity]).map(quoteName).join(', ');
  const most = isPublic ? (rules.publicTable?.rowsPerKey ?? 1) : rules.rowsPerPerson;
  const table = (!isPublic && style.stored?.printTable(input.view)) || quoteName(tableName(input.view));
  if (!isPublic && style.uncut.has(tableName(input.view))) return `SELECT ${names} FROM ${table}`;
  const number = quoteName(CUT_COLUMN);
  const ranked = columns
    .filter((name) => style.stored?.isCode(name) !== true)
    .map(quoteName)
    .join(', ');
  const place = `row_number() OVER (PARTITION BY ${by} ORDER BY hash(${ranked}, $1), ${ranked})`;
  const cut = (from: string): string =>
    `SELECT ${names} FROM (SELECT ${names}, ${place} AS ${number} FROM ${from}) WHERE ${number} <= ${most}`;
  // The same in fewer steps, which the engine plans anew for a question however few such persons there are.
  if (style.stored?.isOver === true && !isPublic) return `SELECT ${names} FROM ${table} QUALIFY ${place} <= ${most}`;
  if (isPublic) return cut(table);
  const others = style.stored?.printOver(input.view) ?? null;
  if (others !== null) return `SELECT ${names} FROM ${table} UNION ALL ${cut(others)}`;
  const over = quoteName(OVER_TABLE);
  const persons = `SELECT ${by} FROM ${table} GROUP BY ${by} HAVING count(*) > ${most}`;
  const within = `SELECT ${names} FROM ${table} ANTI JOIN ${over} USING (${by})`;
  return `WITH ${over} AS MATERIALIZED (${persons}) ${within} UNION ALL ${cut(`${table} SEMI JOIN ${over} USING (${by})`)}`;
}

function printQuery(input: Exclude<RowInput, { kind: 'table' | 'public' }>, style: RowStyle): string {
  switch (input.kind) {
    case 'rows': {
      const columns = input.columns.map((c) => [c.name, c.expression] as const);
      return printSelect(input.rows, columns, style);
    }
    case 'union':
      return input.branches
        .map(({ rows, values }) => {
          const columns = values.map((value, index) => [input.columns[index]?.name ?? '', value] as const);
          return printSelect(
            rows,
            columns,
            style,
            input.columns.map((c) => engineType(c.type)),
          );
        })
        .join(' UNION ALL ');
    case 'per-person':
      return printGrouped(input, style);
    default:
      return assertNever(input);
  }
}

function printSelect(
  rows: ProtectedRows,
  columns: readonly (readonly [string, Expression])[],
  style: RowStyle,
  types: readonly (string | null)[] = [],
): string {
  const printed = printRows(
    rows,
    style,
    columns.map(([, e]) => e),
  );
  const items = columns.map(([name, e], index) => {
    const value = printExpression(e, style);
    const type = types[index] ?? null;
    // The parts of a union must agree in their types, and the engine's own agreement could fail on a row.
    return `${type === null ? value : `TRY_CAST(${value} AS ${type})`} AS ${quoteName(name)}`;
  });
  return `SELECT ${[`${printed.person} AS ${quoteName(PERSON_COLUMN)}`, ...items].join(', ')} FROM ${printed.from} WHERE ${printed.where.join(' AND ')}`;
}

function printGrouped(input: Extract<RowInput, { kind: 'per-person' }>, style: RowStyle): string {
  const reads = [
    ...input.keys.map((k) => k.expression),
    ...input.values.flatMap((v) => partsOfPersonAggregate(v.aggregate)),
  ];
  const { from, where, person } = printRows(input.rows, style, reads);
  const keys = input.keys.map((k) => printOneOfEquals(k.expression, style));
  const items = [
    `${person} AS ${quoteName(PERSON_COLUMN)}`,
    ...keys.map((key, index) => `${key} AS ${quoteName(input.keys[index]?.name ?? '')}`),
    ...input.values.map((v) => `${printPersonAggregate(v.aggregate, style)} AS ${quoteName(v.name)}`),
  ];
  return `SELECT ${items.join(', ')} FROM ${from} WHERE ${where.join(' AND ')} GROUP BY ${[person, ...keys].join(', ')}`;
}
