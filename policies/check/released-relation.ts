import type { ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import { columnsOf, type OuterFrom, type OuterQuery } from '../plan/outer-query.ts';
import type { SyntaxExpression, SyntaxFrom } from '../syntax/syntax-tree.ts';
import { commonType } from './functions.ts';
import { type QuestionScope, type ScopeRelation, typeInWords } from './question-scope.ts';

/** What a FROM of released values reads. */
export interface ReleasedFrom {
  readonly kind: 'released';
  readonly from: OuterFrom;
  readonly relations: readonly ScopeRelation[];
}

/**
 * A query over released values as a relation of the query around it.
 *
 * `columnNames` are given to its columns from the first on; the ends of intervals follow the columns they belong to.
 */
export function relationOfReleased(
  query: OuterQuery,
  alias: string,
  columnNames: readonly string[] = [],
): ReleasedFrom {
  const renamed = columnNames.length === 0 ? query : renameColumns(query, columnNames);
  const columns = columnsOf(renamed).map(({ name, type }): [string, Expression] => [name, columnOf(alias, name, type)]);
  return {
    kind: 'released',
    from: { kind: 'subquery', query: renamed, alias },
    relations: [{ name: alias, schema: null, columns: new Map(columns) }],
  };
}

function columnOf(relation: string, column: string, type: ScalarType): Expression {
  return { kind: 'column', relation, column, type, at: null };
}

function renameColumns(query: OuterQuery, names: readonly string[]): OuterQuery {
  if (query.kind === 'set-operation') return { ...query, left: renameColumns(query.left, names) };
  const rest = [...names];
  let before = { written: '', given: '' };
  const items = query.items.map((item) => {
    if (item.isIntervalEnd) {
      return {
        ...item,
        name: item.name.startsWith(before.written) ? before.given + item.name.slice(before.written.length) : item.name,
      };
    }
    const given = rest.shift() ?? item.name;
    before = { written: item.name, given };
    return { ...item, name: given };
  });
  return { ...query, items };
}

/** VALUES as a relation: rows of constants beside released tables. */
export function bindReleasedValues(
  node: Extract<SyntaxFrom, { kind: 'values' }>,
  question: QuestionScope,
  bind: (part: SyntaxExpression) => Expression,
): ReleasedFrom | null {
  const rows = node.rows.map((row) => row.map(bind));
  const [first = []] = rows;
  if (rows.some((row) => row.length !== first.length)) {
    const instead = 'give every row as many values as the first';
    question.violate('syntax-is-known', { construct: 'VALUES of unequal rows', instead }, node.at);
    return null;
  }
  // DuckDB's own names for columns without one.
  const columnNames = first.map((_, index) => node.columnNames[index] ?? `col${index}`);
  const alias = node.alias ?? 'valueslist';
  const columns = columnNames.map((name, index): [string, Expression] => [
    name,
    columnOf(alias, name, typeOfColumn(rows, index, question)),
  ]);
  return {
    kind: 'released',
    from: { kind: 'values', rows, columnNames, alias },
    relations: [{ name: alias, schema: null, columns: new Map(columns) }],
  };
}

function typeOfColumn(rows: readonly (readonly Expression[])[], index: number, question: QuestionScope): ScalarType {
  let type: ScalarType = { kind: 'null' };
  for (const row of rows) {
    const cell = row[index];
    if (cell === undefined) continue;
    const both = commonType(type, cell.type);
    if (both === null) {
      const found = `${typeInWords(type)} and ${typeInWords(cell.type)}`;
      question.violate(
        'types-match',
        { construct: 'values', found, expected: 'give a column values of one type' },
        cell.at,
      );
    }
    type = both ?? type;
  }
  return type;
}
