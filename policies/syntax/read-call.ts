import { INTERVAL_FUNCTIONS, spanOf } from './read-interval.ts';
import {
  asName,
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
import { readOrders } from './read-order.ts';
import type { SyntaxCall, SyntaxExpression, SyntaxOrder } from './syntax-tree.ts';

/** Functions with a syntax of their own, as in extract(year from day): the grammar writes them with a schema. */
const GRAMMAR_FUNCTIONS = ['substring', 'trim', 'ltrim', 'rtrim', 'date_part', 'position'];

/** Aggregates whose value may come after WITHIN GROUP. */
const ORDERED_SETS: Readonly<Record<string, number>> = { quantile_cont: 1, quantile_disc: 1, mode: 0 };

/** Lists and structs: the grammar writes `[…]`, `{…}` and `(a, b)` as functions. */
const NESTED = ['list_value', 'struct_pack', 'row', 'map'];

/** Reads a call of a function, an operator or an aggregate. */
export function readCall(reader: NodeReader, node: JsonNode): SyntaxExpression {
  const known = ['function_name', 'schema', 'children', 'filter', 'order_bys', 'distinct', 'is_operator'];
  onlyKeys(reader, node, ['class', 'type', 'alias', ...known, 'export_state', 'catalog']);
  mustBeUnused(reader, node, 'catalog', 'function of a catalog');
  mustBeUnused(reader, node, 'export_state', 'export_state');
  if (isOfMember(node)) return readScore(reader, node);
  const name = asText(reader, node.function_name).toLowerCase();
  if (NESTED.includes(name)) refuse(reader, node, 'list, struct or row', 'give the values one by one');
  const isGrammars = node.schema === 'main' && GRAMMAR_FUNCTIONS.includes(name);
  if (node.schema !== '' && !isGrammars) refuse(reader, node, 'function of a schema', 'name it without a schema');
  const span = readSpan(reader, node, name);
  if (span !== null) return span;
  const order = asNode(reader, node.order_bys);
  onlyKeys(reader, order, ['type', 'orders']);
  return withoutWithinGroup(reader, node, {
    kind: 'call',
    // `position(a in b)` can only be written, not called.
    name: name === 'position' ? 'strpos' : name,
    args: asNodes(reader, node.children).map(reader.expression),
    distinct: node.distinct === true,
    filter: readOptional(reader, node.filter),
    orderBy: readOrders(reader, order.orders),
    at: offsetOf(node),
  });
}

/** Whether the name before a function's can be a member's; `main` is the grammar's own. */
function isOfMember({ schema, is_operator }: JsonNode): boolean {
  return typeof schema === 'string' && schema !== '' && schema !== 'main' && is_operator !== true;
}

/** `member.name(…)`: a map of one row, so that nothing of an aggregate may stand with it. */
function readScore(reader: NodeReader, node: JsonNode): SyntaxExpression {
  const construct = 'scoring function with DISTINCT, FILTER or ORDER BY';
  const instead = 'a scoring function maps one row: call it with its arguments alone, and aggregate what it gives';
  for (const key of ['distinct', 'filter']) mustBeUnused(reader, node, key, construct, instead);
  const order = asNode(reader, node.order_bys);
  onlyKeys(reader, order, ['type', 'orders']);
  mustBeUnused(reader, order, 'orders', construct, instead);
  const args = asNodes(reader, node.children);
  // The grammar keeps them in the order in which they are written, whatever their names.
  for (const arg of args)
    mustBeUnused(reader, arg, 'alias', 'argument by its name', 'give the arguments in their order');
  return {
    kind: 'score',
    member: asName(reader, node, node.schema),
    name: asName(reader, node, node.function_name),
    args: args.map(reader.expression),
    at: offsetOf(node),
  };
}

/** `percentile_cont(q) WITHIN GROUP (ORDER BY x)` as quantile_cont(x, q), which is the same. */
function withoutWithinGroup(reader: NodeReader, node: JsonNode, call: SyntaxCall): SyntaxCall {
  const [order, ...more] = call.orderBy;
  if (order === undefined || more.length > 0 || entryOf(ORDERED_SETS, call.name) !== call.args.length) return call;
  return { ...call, args: [order.expression, ...ranks(reader, node, call, order)], orderBy: [] };
}

/** From the other end, the rank that is left to the whole. */
function ranks(reader: NodeReader, node: JsonNode, call: SyntaxCall, order: SyntaxOrder): readonly SyntaxExpression[] {
  if (!order.descending || call.args.length === 0) return call.args;
  const [rank] = call.args;
  const instead = 'order by it ascending, with the rank from the other end';
  if (call.name !== 'quantile_cont' || rank?.kind !== 'literal' || rank.value.type !== 'decimal') {
    return refuse(reader, node, 'WITHIN GROUP of a descending order', instead);
  }
  const { unscaled, scale } = rank.value;
  return [{ ...rank, value: { type: 'decimal', unscaled: 10n ** BigInt(scale) - unscaled, scale } }];
}

/** `INTERVAL 30 DAY`, which the grammar writes as to_days(cast(trunc(cast(30 as double)) as integer)). */
function readSpan(reader: NodeReader, node: JsonNode, name: string): SyntaxExpression | null {
  if (!INTERVAL_FUNCTIONS.includes(name)) return null;
  const [child, ...more] = asNodes(reader, node.children);
  if (child === undefined || more.length > 0) return null;
  const of = reader.expression(withoutRounding(reader, child));
  const count = of.kind === 'literal' ? of.value : null;
  if (count?.type === 'integer') {
    return { kind: 'literal', value: spanOf(reader, node, name, count.value), at: offsetOf(node) };
  }
  if (count?.type === 'text' && /^[+-]?\d{1,18}$/.test(count.value.trim())) {
    return { kind: 'literal', value: spanOf(reader, node, name, BigInt(count.value.trim())), at: offsetOf(node) };
  }
  return { kind: 'call', name, args: [of], distinct: false, filter: null, orderBy: [], at: offsetOf(node) };
}

/** What stands within the casts and the trunc() that the grammar puts around the count of an interval. */
function withoutRounding(reader: NodeReader, node: JsonNode): JsonNode {
  const trunc = node.class === 'CAST' ? asNode(reader, node.child) : node;
  const isTrunc = trunc.class === 'FUNCTION' && trunc.function_name === 'trunc';
  const [inner] = isTrunc ? asNodes(reader, trunc.children) : [node];
  const isDouble = inner?.class === 'CAST' && asNode(reader, inner.cast_type).id === 'DOUBLE';
  return isDouble ? asNode(reader, inner.child) : node;
}
