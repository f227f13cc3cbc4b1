import {
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
import { readOrders } from './read-order.ts';
import type { SyntaxExpression, SyntaxFrame, SyntaxFrameEnd } from './syntax-tree.ts';

const KEYS = [
  ...['class', 'type', 'alias', 'function_name', 'schema', 'catalog', 'children', 'partitions', 'orders'],
  ...['start', 'end', 'start_expr', 'end_expr', 'offset_expr', 'default_expr', 'ignore_nulls', 'filter_expr'],
  ...['exclude_clause', 'distinct', 'arg_orders'],
];

const EXCLUDED = { NO_OTHER: null, CURRENT_ROW: 'current-row', GROUP: 'group', TIES: 'ties' } as const;

/** Reads a call with OVER. A window that has a name in the SQL stands written out in the tree. */
export function readWindow(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, KEYS);
  mustBeUnused(reader, node, 'catalog', 'function of a catalog');
  const instead = 'a scoring function maps one row: call it without OVER, below the aggregation';
  mustBeUnused(reader, node, 'schema', 'function of a schema', node.schema === 'main' ? undefined : instead);
  const at = offsetOf(node);
  const offset = readOptional(reader, node.offset_expr);
  const otherwise = readOptional(reader, node.default_expr);
  if (offset === null && otherwise !== null) refuse(reader, node, 'window');
  const name = asText(reader, node.function_name).toLowerCase();
  const args = asNodes(reader, node.children).map(reader.expression);
  return {
    kind: 'window',
    call: {
      kind: 'call',
      // The grammar writes count(*) OVER as a count of nothing, and count(*) without OVER as count_star.
      name: name === 'count' && args.length === 0 ? 'count_star' : name,
      args: [...args, ...(offset ? [offset] : []), ...(otherwise ? [otherwise] : [])],
      distinct: node.distinct === true,
      filter: readOptional(reader, node.filter_expr),
      orderBy: readOrders(reader, node.arg_orders),
      at,
    },
    ignoreNulls: node.ignore_nulls === true,
    partitionBy: asNodes(reader, node.partitions).map(reader.expression),
    orderBy: readOrders(reader, node.orders),
    frame: readFrame(reader, node),
    at,
  };
}

function readFrame(reader: NodeReader, node: JsonNode): SyntaxFrame | null {
  const [start, end] = [asText(reader, node.start), asText(reader, node.end)];
  const exclude = entryOf(EXCLUDED, node.exclude_clause);
  if (exclude === undefined) return refuse(reader, node, 'EXCLUDE');
  // The grammar writes the frame that holds without one, whether it was written or not.
  if (start === 'UNBOUNDED_PRECEDING' && end === 'CURRENT_ROW_RANGE' && exclude === null) return null;
  const units = [start, end].flatMap((text) => /_(ROWS|RANGE|GROUPS)$/.exec(text)?.[1] ?? []);
  // From end to end every unit means the same rows.
  const [unit = 'ROWS', second = unit] = units;
  if (unit !== second) return refuse(reader, node, 'frame of two units');
  return {
    unit: unit.toLowerCase() as SyntaxFrame['unit'],
    start: readFrameEnd(reader, node, start, node.start_expr),
    end: readFrameEnd(reader, node, end, node.end_expr),
    exclude,
  };
}

function readFrameEnd(reader: NodeReader, node: JsonNode, text: string, distance: unknown): SyntaxFrameEnd {
  const by = readOptional(reader, distance);
  const kind = text.replace(/^EXPR_/, '').replace(/_(?:ROWS|RANGE|GROUPS)$/, '');
  if ((by !== null) !== text.startsWith('EXPR_')) return refuse(reader, node, 'frame');
  switch (kind) {
    case 'UNBOUNDED_PRECEDING':
      return { kind: 'unbounded-preceding', by };
    case 'UNBOUNDED_FOLLOWING':
      return { kind: 'unbounded-following', by };
    case 'CURRENT_ROW':
      return { kind: 'current-row', by };
    case 'PRECEDING':
      return { kind: 'preceding', by };
    case 'FOLLOWING':
      return { kind: 'following', by };
    default:
      return refuse(reader, node, 'frame');
  }
}
