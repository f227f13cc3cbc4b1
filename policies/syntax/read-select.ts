import { firstPlace, readFrom } from './read-from.ts';
import {
  asName,
  asNames,
  asNode,
  asNodes,
  entryOf,
  type JsonNode,
  mustBeUnused,
  type NodeReader,
  onlyKeys,
  readOptional,
  refuse,
} from './read-node.ts';
import { readOrders } from './read-order.ts';
import type { SyntaxCtes, SyntaxQuery, SyntaxSelect, SyntaxSetOperation } from './syntax-tree.ts';

type Modifiers = Pick<SyntaxSelect, 'distinct' | 'orderBy' | 'limit' | 'offset'>;

/** Reads the wrapper that the grammar puts around every statement and subquery. */
export function readStatement(reader: NodeReader, statement: JsonNode): SyntaxQuery {
  onlyKeys(reader, statement, ['node', 'named_param_map']);
  const query = readNode(reader, asNode(reader, statement.node));
  mustBeUnused(reader, statement, 'named_param_map', 'parameter', 'write the value itself');
  return query;
}

function readNode(reader: NodeReader, node: JsonNode): SyntaxQuery {
  switch (node.type) {
    case 'SELECT_NODE':
      return readSelect(reader, node);
    case 'SET_OPERATION_NODE':
      return readSetOperation(reader, node);
    default:
      return refuse(reader, node, 'recursive query', 'write the steps out, each as a WITH name of its own');
  }
}

function readSelect(reader: NodeReader, node: JsonNode): SyntaxSelect {
  const clauses = ['select_list', 'from_table', 'where_clause', 'group_expressions', 'group_sets', 'having'];
  onlyKeys(reader, node, ['type', 'modifiers', 'cte_map', ...clauses, 'aggregate_handling', 'sample', 'qualify']);
  mustBeUnused(reader, node, 'sample', 'USING SAMPLE', 'ask of all rows; the price is the same');
  if (asNodes(reader, node.select_list).length === 0) refuse(reader, node, 'SELECT of nothing');
  return {
    kind: 'select',
    ctes: readCtes(reader, asNode(reader, node.cte_map)),
    items: asNodes(reader, node.select_list).map((item) => ({
      expression: reader.expression(item),
      alias: item.alias === '' || item.alias === undefined ? null : asName(reader, item, item.alias),
    })),
    from: readFrom(reader, asNode(reader, node.from_table)),
    where: readOptional(reader, node.where_clause),
    ...readGroupBy(reader, node),
    having: readOptional(reader, node.having),
    qualify: readOptional(reader, node.qualify),
    ...readModifiers(reader, asNodes(reader, node.modifiers)),
  };
}

const OPERATORS: Readonly<Record<string, SyntaxSetOperation['operator']>> = {
  UNION: 'union',
  INTERSECT: 'intersect',
  EXCEPT: 'except',
};

function readSetOperation(reader: NodeReader, node: JsonNode): SyntaxSetOperation {
  onlyKeys(reader, node, ['type', 'modifiers', 'cte_map', 'setop_type', 'left', 'right', 'setop_all']);
  const ctes = readCtes(reader, asNode(reader, node.cte_map));
  const left = readNode(reader, asNode(reader, node.left));
  const at = firstPlace(left);
  const operator = entryOf(OPERATORS, node.setop_type);
  if (operator === undefined) {
    const instead = 'name the columns in the same order on both sides, and write UNION ALL';
    return refuse(reader, { query_location: at }, String(node.setop_type).replaceAll('_', ' '), instead);
  }
  const right = readNode(reader, asNode(reader, node.right));
  const { orderBy, limit, offset, distinct } = readModifiers(reader, asNodes(reader, node.modifiers));
  if (distinct) refuse(reader, { query_location: at }, 'DISTINCT of a set operation');
  return {
    kind: 'set-operation',
    ctes,
    operator,
    all: node.setop_all === true,
    left,
    right,
    orderBy,
    limit,
    offset,
    at,
  };
}

function readGroupBy(reader: NodeReader, node: JsonNode): Pick<SyntaxSelect, 'groupBy' | 'groupingSets'> {
  if (node.aggregate_handling === 'FORCE_AGGREGATES') return { groupBy: 'all', groupingSets: null };
  if (node.aggregate_handling !== 'STANDARD_HANDLING') refuse(reader, node, 'aggregate handling');
  const groupBy = asNodes(reader, node.group_expressions).map(reader.expression);
  const sets = readGroupSets(reader, node, groupBy.length);
  // One set that names every key is the plain GROUP BY; ROLLUP, CUBE and GROUPING SETS name several.
  const isPlain = sets.length === 0 || (groupBy.length > 0 && sets.length === 1 && sets[0]?.length === groupBy.length);
  return { groupBy, groupingSets: isPlain ? null : sets };
}

/** Each set of GROUPING SETS is a list of places in the list of keys. */
function readGroupSets(reader: NodeReader, node: JsonNode, keyCount: number): readonly (readonly number[])[] {
  const isKey = (index: unknown): boolean =>
    typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < keyCount;
  const sets: unknown = node.group_sets ?? [];
  if (!Array.isArray(sets) || !sets.every((set) => Array.isArray(set) && set.every(isKey))) {
    return refuse(reader, node, 'GROUPING SETS');
  }
  return sets;
}

function readCtes(reader: NodeReader, map: JsonNode): SyntaxCtes {
  onlyKeys(reader, map, ['map']);
  return asNodes(reader, map.map).map((entry) => {
    onlyKeys(reader, entry, ['key', 'value']);
    const value = asNode(reader, entry.value);
    onlyKeys(reader, value, ['aliases', 'query', 'materialized', 'key_targets']);
    mustBeUnused(reader, value, 'key_targets', 'USING KEY');
    return {
      name: asName(reader, value, entry.key),
      columnNames: asNames(reader, value, value.aliases),
      query: readStatement(reader, asNode(reader, value.query)),
    };
  });
}

function readModifiers(reader: NodeReader, modifiers: readonly JsonNode[]): Modifiers {
  let read: Modifiers = { distinct: false, orderBy: [], limit: null, offset: null };
  for (const node of modifiers) {
    switch (node.type) {
      case 'DISTINCT_MODIFIER':
        mustBeUnused(reader, node, 'distinct_on_targets', 'DISTINCT ON', 'keep one row with QUALIFY row_number() = 1');
        read = { ...read, distinct: true };
        break;
      case 'ORDER_MODIFIER':
        read = { ...read, orderBy: readOrders(reader, node.orders) };
        break;
      case 'LIMIT_MODIFIER':
        read = { ...read, limit: readCount(reader, node.limit), offset: readCount(reader, node.offset) };
        break;
      default:
        refuse(reader, node, 'LIMIT of a percentage', 'write LIMIT with a number');
    }
  }
  return read;
}

function readCount(reader: NodeReader, value: unknown): bigint | null {
  if (value === null || value === undefined) return null;
  const node = asNode(reader, value);
  const count = reader.expression(node);
  if (count.kind === 'literal' && count.value.type === 'null') return null;
  if (count.kind === 'literal' && count.value.type === 'integer' && count.value.value >= 0n) return count.value.value;
  return refuse(reader, node, 'LIMIT or OFFSET that is not a number', 'write the number itself');
}
