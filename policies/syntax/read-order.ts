import { asNode, asNodes, entryOf, type JsonNode, type NodeReader, onlyKeys, refuse } from './read-node.ts';
import type { SyntaxOrder } from './syntax-tree.ts';

/** Reads the keys of an ORDER BY; a missing list is empty. */
export function readOrders(reader: NodeReader, value: unknown): readonly SyntaxOrder[] {
  return value === null || value === undefined ? [] : asNodes(reader, value).map((o) => readOrder(reader, o));
}

const NULLS = { ORDER_DEFAULT: null, 'NULLS FIRST': 'first', 'NULLS LAST': 'last' } as const;
const DIRECTIONS = { ORDER_DEFAULT: false, ASCENDING: false, DESCENDING: true } as const;

function readOrder(reader: NodeReader, node: JsonNode): SyntaxOrder {
  onlyKeys(reader, node, ['type', 'null_order', 'expression']);
  const key = asNode(reader, node.expression);
  if (key.class === 'STAR') refuse(reader, key, 'ORDER BY ALL', 'name the columns to order by');
  const nulls = entryOf(NULLS, node.null_order);
  const descending = entryOf(DIRECTIONS, node.type);
  if (nulls === undefined || descending === undefined) return refuse(reader, key, 'order');
  return { expression: reader.expression(key), descending, nulls };
}
