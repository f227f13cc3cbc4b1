import {
  asName,
  asNames,
  asNode,
  asNodes,
  asText,
  entryOf,
  type JsonNode,
  mustBeUnused,
  type NodeReader,
  offsetOf,
  onlyKeys,
  readOptional,
  refuse,
} from './read-node.ts';
import { readPivot } from './read-pivot.ts';
import type { JoinKind, SyntaxFrom, SyntaxQuery, SyntaxSelect } from './syntax-tree.ts';

const SAMPLE_INSTEAD = 'ask of all rows; the price is the same';

const FROM_INSTEAD: Readonly<Record<string, string>> = {
  TABLE_FUNCTION: 'read only tables of the collaboration, `member.table`',
  SHOW_REF: 'call the list of tables of the collaboration',
};

/** Reads what FROM names; `null` when there is no FROM. */
export function readFrom(reader: NodeReader, node: JsonNode): SyntaxFrom | null {
  mustBeUnused(reader, node, 'sample', 'TABLESAMPLE', SAMPLE_INSTEAD);
  switch (node.type) {
    case 'EMPTY':
      onlyKeys(reader, node, ['type', 'alias', 'sample']);
      return null;
    case 'BASE_TABLE':
      return readTable(reader, node);
    case 'JOIN':
      return readJoin(reader, node);
    case 'SUBQUERY':
      return readSubquery(reader, node);
    case 'EXPRESSION_LIST':
      return readValues(reader, node);
    case 'PIVOT':
      return readPivot(reader, node, readSide(reader, node.source));
    default: {
      const type = String(node.type);
      return refuse(reader, node, type.toLowerCase().replaceAll('_', ' '), entryOf(FROM_INSTEAD, type));
    }
  }
}

function readSide(reader: NodeReader, value: unknown): SyntaxFrom {
  return readFrom(reader, asNode(reader, value)) ?? refuse(reader, null, 'FROM without a table');
}

function readTable(reader: NodeReader, node: JsonNode): SyntaxFrom {
  const names = ['schema_name', 'table_name', 'column_name_alias', 'catalog_name'];
  onlyKeys(reader, node, ['type', 'alias', 'sample', ...names, 'at_clause']);
  mustBeUnused(reader, node, 'at_clause', 'AT', 'ask of the table as it is now');
  mustBeUnused(reader, node, 'catalog_name', 'catalog', 'name the table as `member.table`');
  const at = offsetOf(node);
  const table = asTableName(reader, node, node.table_name);
  const schema = node.schema_name === '' ? null : asTableName(reader, node, node.schema_name);
  const alias = asAlias(reader, node);
  const columnNames = asNames(reader, node, node.column_name_alias);
  if (columnNames.length === 0) return { kind: 'table', schema, table, alias, at };
  // Names for the columns of a table are names for the columns of a subquery that shows them all.
  const query = selectAll({ kind: 'table', schema, table, alias: null, at });
  return { kind: 'subquery', query, alias: alias ?? table, columnNames, at };
}

function asAlias(reader: NodeReader, node: JsonNode): string | null {
  return node.alias === '' ? null : asName(reader, node, node.alias);
}

/** A table is looked up, never printed as written, so an odd name is only an unknown table. */
function asTableName(reader: NodeReader, node: JsonNode, value: unknown): string {
  const name = asText(reader, value);
  return /^[\p{L}\p{N}_-]{1,63}$/u.test(name)
    ? name.toLowerCase()
    : refuse(reader, node, 'file or quoted table name', 'read only tables of the collaboration, `member.table`');
}

function selectAll(from: SyntaxFrom): SyntaxSelect {
  return {
    kind: 'select',
    ctes: [],
    distinct: false,
    items: [{ expression: { kind: 'star', relation: null, at: from.at }, alias: null }],
    from,
    where: null,
    groupBy: [],
    groupingSets: null,
    having: null,
    qualify: null,
    orderBy: [],
    limit: null,
    offset: null,
  };
}

function readSubquery(reader: NodeReader, node: JsonNode): SyntaxFrom {
  onlyKeys(reader, node, ['type', 'alias', 'sample', 'subquery', 'column_name_alias']);
  const query = reader.query(asNode(reader, node.subquery));
  const alias = asAlias(reader, node);
  const columnNames = asNames(reader, node, node.column_name_alias);
  const values = plainValues(query);
  if (values !== null) return { ...values, alias, columnNames };
  return { kind: 'subquery', query, alias, columnNames, at: offsetOf(node) ?? firstPlace(query) };
}

/** `(VALUES …)` within a FROM: the grammar puts a SELECT * around it. */
function plainValues(query: SyntaxQuery): Extract<SyntaxFrom, { kind: 'values' }> | null {
  if (query.kind !== 'select' || query.from?.kind !== 'values' || query.from.alias !== null) return null;
  const { items, from } = query;
  const isPlain =
    items.length === 1 &&
    items[0]?.expression.kind === 'star' &&
    query.ctes.length + query.orderBy.length + query.groupBy.length === 0 &&
    [query.where, query.groupingSets, query.having, query.qualify, query.limit, query.offset].every((c) => c === null);
  return isPlain && !query.distinct ? from : null;
}

/** Where a query begins, as near as the grammar tells. */
export function firstPlace(query: SyntaxQuery): number | null {
  return query.kind === 'select'
    ? (query.items.find((i) => i.expression.at !== null)?.expression.at ?? query.from?.at ?? null)
    : query.at;
}

function readValues(reader: NodeReader, node: JsonNode): SyntaxFrom {
  onlyKeys(reader, node, ['type', 'alias', 'sample', 'expected_names', 'expected_types', 'values']);
  mustBeUnused(reader, node, 'expected_names', 'names of VALUES');
  mustBeUnused(reader, node, 'expected_types', 'types of VALUES');
  if (!Array.isArray(node.values)) return refuse(reader, node, 'VALUES');
  const rows = node.values.map((row: unknown) => asNodes(reader, row).map(reader.expression));
  // The name that the grammar gives to every VALUES is nobody's.
  const alias = node.alias === 'valueslist' ? null : asAlias(reader, node);
  return { kind: 'values', rows, alias, columnNames: [], at: offsetOf(node) ?? rows[0]?.[0]?.at ?? null };
}

const JOINS: Readonly<Record<string, JoinKind>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  FULL: 'full',
  SEMI: 'semi',
  ANTI: 'anti',
};

function readJoin(reader: NodeReader, node: JsonNode): SyntaxFrom {
  const known = ['type', 'alias', 'sample', 'left', 'right', 'condition', 'join_type', 'ref_type', 'using_columns'];
  onlyKeys(reader, node, [...known, 'delim_flipped', 'duplicate_eliminated_columns']);
  mustBeUnused(reader, node, 'alias', 'alias of a join');
  mustBeUnused(reader, node, 'delim_flipped', 'lateral join');
  mustBeUnused(reader, node, 'duplicate_eliminated_columns', 'lateral join');
  const kind = String(node.ref_type);
  if (kind !== 'REGULAR' && kind !== 'CROSS') {
    refuse(reader, node, `${kind} JOIN`, 'join with ON or USING, on a condition that names its columns');
  }
  const how = entryOf(JOINS, node.join_type);
  if (how === undefined) return refuse(reader, node, `${String(node.join_type)} JOIN`);
  return {
    kind: 'join',
    how,
    left: readSide(reader, node.left),
    right: readSide(reader, node.right),
    condition: readOptional(reader, node.condition),
    using: asNames(reader, node, node.using_columns),
    at: offsetOf(node),
  };
}
