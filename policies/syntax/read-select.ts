import { readExpression } from './read-expression.ts';
import {
  asName,
  asNode,
  asNodes,
  asText,
  type JsonNode,
  mustBeUnused,
  type NodeReader,
  offsetOf,
  onlyKeys,
  refuse,
} from './read-node.ts';
import type { SyntaxFrom, SyntaxOrder, SyntaxSelect } from './syntax-tree.ts';

type Modifiers = Pick<SyntaxSelect, 'distinct' | 'orderBy' | 'limit' | 'offset'>;

/** Reads one SELECT of the grammar's tree. */
function readSelect(reader: NodeReader, node: JsonNode): SyntaxSelect {
  if (node.type !== 'SELECT_NODE') {
    const what = node.type === 'SET_OPERATION_NODE' ? 'UNION, INTERSECT or EXCEPT' : 'recursive query';
    refuse(reader, node, what);
  }
  const clauses = ['select_list', 'from_table', 'where_clause', 'group_expressions', 'group_sets', 'having'];
  onlyKeys(reader, node, ['type', 'modifiers', 'cte_map', ...clauses, 'aggregate_handling', 'sample', 'qualify']);
  mustBeUnused(reader, node, 'sample', 'TABLESAMPLE');
  mustBeUnused(reader, node, 'qualify', 'QUALIFY');
  return {
    ctes: readCtes(reader, asNode(reader, node.cte_map)),
    items: asNodes(reader, node.select_list).map((item) => ({
      expression: readExpression(reader, item),
      alias: item.alias === '' || item.alias === undefined ? null : asName(reader, item, item.alias),
    })),
    from: readFrom(reader, asNode(reader, node.from_table)),
    where: node.where_clause === null ? null : readExpression(reader, asNode(reader, node.where_clause)),
    groupBy: readGroupBy(reader, node),
    having: node.having === null ? null : readExpression(reader, asNode(reader, node.having)),
    ...readModifiers(reader, asNodes(reader, node.modifiers)),
  };
}

function readGroupBy(reader: NodeReader, node: JsonNode): SyntaxSelect['groupBy'] {
  if (node.aggregate_handling === 'FORCE_AGGREGATES') return 'all';
  if (node.aggregate_handling !== 'STANDARD_HANDLING') refuse(reader, node, 'aggregate handling');
  const keys = asNodes(reader, node.group_expressions).map((e) => readExpression(reader, e));
  const sets = Array.isArray(node.group_sets) ? node.group_sets : [];
  // One set that names every key is the plain GROUP BY; ROLLUP, CUBE and GROUPING SETS name several.
  const isPlain = sets.length === 0 || (sets.length === 1 && Array.isArray(sets[0]) && sets[0].length === keys.length);
  if (!isPlain) refuse(reader, node, 'GROUPING SETS, ROLLUP or CUBE');
  return keys;
}

function readCtes(reader: NodeReader, map: JsonNode): SyntaxSelect['ctes'] {
  onlyKeys(reader, map, ['map']);
  return asNodes(reader, map.map).map((entry) => {
    onlyKeys(reader, entry, ['key', 'value']);
    const value = asNode(reader, entry.value);
    onlyKeys(reader, value, ['aliases', 'query', 'materialized', 'key_targets']);
    mustBeUnused(reader, value, 'aliases', 'column names after a CTE name');
    mustBeUnused(reader, value, 'key_targets', 'USING KEY');
    return { name: asName(reader, value, entry.key), query: readStatement(reader, asNode(reader, value.query)) };
  });
}

/** Reads the wrapper that the grammar puts around every statement and subquery. */
export function readStatement(reader: NodeReader, statement: JsonNode): SyntaxSelect {
  onlyKeys(reader, statement, ['node', 'named_param_map']);
  mustBeUnused(reader, statement, 'named_param_map', 'parameter');
  return readSelect(reader, asNode(reader, statement.node));
}

function readFrom(reader: NodeReader, node: JsonNode): SyntaxFrom | null {
  switch (node.type) {
    case 'EMPTY':
      return null;
    case 'BASE_TABLE':
      return readTable(reader, node);
    case 'JOIN':
      return readJoin(reader, node);
    case 'SUBQUERY':
      onlyKeys(reader, node, ['type', 'alias', 'sample', 'subquery', 'column_name_alias']);
      mustBeUnused(reader, node, 'sample', 'TABLESAMPLE');
      mustBeUnused(reader, node, 'column_name_alias', 'column names after a table alias');
      return {
        kind: 'subquery',
        query: readStatement(reader, asNode(reader, node.subquery)),
        alias: node.alias === '' ? null : asName(reader, node, node.alias),
        at: offsetOf(node),
      };
    default:
      return refuse(reader, node, String(node.type).toLowerCase().replaceAll('_', ' '));
  }
}

function readTable(reader: NodeReader, node: JsonNode): SyntaxFrom {
  const known = [
    'type',
    'alias',
    'sample',
    'schema_name',
    'table_name',
    'column_name_alias',
    'catalog_name',
    'at_clause',
  ];
  onlyKeys(reader, node, known);
  mustBeUnused(reader, node, 'sample', 'TABLESAMPLE');
  mustBeUnused(reader, node, 'at_clause', 'AT');
  mustBeUnused(reader, node, 'catalog_name', 'catalog');
  mustBeUnused(reader, node, 'column_name_alias', 'column names after a table alias');
  return {
    kind: 'table',
    schema: node.schema_name === '' ? null : asTableName(reader, node, node.schema_name),
    table: asTableName(reader, node, node.table_name),
    alias: node.alias === '' ? null : asName(reader, node, node.alias),
    at: offsetOf(node),
  };
}

/** A table is looked up, never printed as written, so an odd name is only an unknown table. */
function asTableName(reader: NodeReader, node: JsonNode, value: unknown): string {
  const name = asText(reader, value);
  return /^[\p{L}\p{N}_-]{1,63}$/u.test(name)
    ? name.toLowerCase()
    : refuse(reader, node, 'file or quoted table name', 'read only tables of the collaboration, `member.table`');
}

function readJoin(reader: NodeReader, node: JsonNode): SyntaxFrom {
  const known = ['type', 'alias', 'sample', 'left', 'right', 'condition', 'join_type', 'ref_type', 'using_columns'];
  onlyKeys(reader, node, [...known, 'delim_flipped', 'duplicate_eliminated_columns']);
  mustBeUnused(reader, node, 'sample', 'TABLESAMPLE');
  mustBeUnused(reader, node, 'alias', 'alias of a join');
  mustBeUnused(reader, node, 'duplicate_eliminated_columns', 'lateral join');
  const kind = String(node.ref_type);
  if (node.join_type !== 'INNER') {
    refuse(reader, node, `${String(node.join_type)} JOIN`, 'use an inner JOIN on the identity columns');
  }
  if (kind !== 'REGULAR' && kind !== 'CROSS') refuse(reader, node, `${kind} JOIN`);
  const left = readFrom(reader, asNode(reader, node.left));
  const right = readFrom(reader, asNode(reader, node.right));
  if (left === null || right === null || !Array.isArray(node.using_columns)) return refuse(reader, node, 'join');
  return {
    kind: 'join',
    left,
    right,
    condition: node.condition === null ? null : readExpression(reader, asNode(reader, node.condition)),
    using: node.using_columns.map((c) => asName(reader, node, c)),
    at: offsetOf(node),
  };
}

function readModifiers(reader: NodeReader, modifiers: readonly JsonNode[]): Modifiers {
  let read: Modifiers = { distinct: false, orderBy: [], limit: null, offset: null };
  for (const node of modifiers) {
    switch (node.type) {
      case 'DISTINCT_MODIFIER':
        mustBeUnused(reader, node, 'distinct_on_targets', 'DISTINCT ON');
        read = { ...read, distinct: true };
        break;
      case 'ORDER_MODIFIER':
        read = { ...read, orderBy: asNodes(reader, node.orders).map((o) => readOrder(reader, o)) };
        break;
      case 'LIMIT_MODIFIER':
        read = { ...read, limit: readCount(reader, node.limit), offset: readCount(reader, node.offset) };
        break;
      default:
        refuse(reader, node, String(node.type).toLowerCase().replaceAll('_', ' '));
    }
  }
  return read;
}

function readOrder(reader: NodeReader, node: JsonNode): SyntaxOrder {
  onlyKeys(reader, node, ['type', 'null_order', 'expression']);
  const nulls = String(node.null_order).replace('_', ' ');
  return {
    expression: readExpression(reader, asNode(reader, node.expression)),
    descending: node.type === 'DESCENDING',
    nulls: nulls === 'NULLS FIRST' ? 'first' : nulls === 'NULLS LAST' ? 'last' : null,
  };
}

function readCount(reader: NodeReader, value: unknown): bigint | null {
  if (value === null || value === undefined) return null;
  const node = asNode(reader, value);
  const count = readExpression(reader, node);
  if (count.kind === 'literal' && count.value.type === 'integer' && count.value.value >= 0n) return count.value.value;
  return refuse(reader, node, 'LIMIT or OFFSET that is not a number');
}
