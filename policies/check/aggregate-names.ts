import { assertNever } from '../plan/expression.ts';
import type { SyntaxCall, SyntaxExpression } from '../syntax/syntax-tree.ts';
import { RELEASED_AGGREGATES } from './released-aggregates.ts';

/** Aggregates that protected rows can be asked for. */
export const PROTECTED_AGGREGATES = [
  'count',
  'count_star',
  'count_if',
  'approx_count_distinct',
  'sum',
  'avg',
  'mean',
  'min',
  'max',
  'median',
  'quantile',
  'quantile_cont',
  'quantile_disc',
  'approx_quantile',
  'stddev',
  'stddev_samp',
  'stddev_pop',
  'variance',
  'var_samp',
  'var_pop',
] as const;

/** Aggregates of DuckDB that neither half takes: refused as aggregates, with what to use instead. */
const OTHER_AGGREGATES = ['list', 'array_agg', 'histogram', 'reservoir_quantile', 'approx_top_k'];

const KNOWN: ReadonlySet<string> = new Set([...RELEASED_AGGREGATES, ...OTHER_AGGREGATES]);

/** Whether a name is an aggregate. */
export function isAggregateName(name: string): boolean {
  return (PROTECTED_AGGREGATES as readonly string[]).includes(name) || KNOWN.has(name);
}

/** Whether an expression aggregates anywhere within; a window over aggregates does, a window alone does not. */
export function containsAggregate(node: SyntaxExpression): boolean {
  return (node.kind === 'call' && isAggregateName(node.name)) || syntaxParts(node).some(containsAggregate);
}

/** Whether an expression has a window anywhere within. */
export function containsWindow(node: SyntaxExpression): boolean {
  return node.kind === 'window' || syntaxParts(node).some(containsWindow);
}

/** The direct parts of an expression as written; a subquery is a world of its own. */
function syntaxParts(node: SyntaxExpression): readonly SyntaxExpression[] {
  switch (node.kind) {
    case 'column':
    case 'literal':
    case 'star':
      return [];
    case 'call':
      return callParts(node);
    case 'window': {
      const ends = node.frame === null ? [] : [node.frame.start.by, node.frame.end.by];
      const orders = node.orderBy.map((o) => o.expression);
      return [...callParts(node.call), ...node.partitionBy, ...orders, ...ends.filter((e) => e !== null)];
    }
    case 'subquery':
      return node.arg === null ? [] : [node.arg];
    case 'logic':
    case 'score':
      return node.args;
    case 'compare':
      return [node.left, node.right];
    case 'not':
    case 'is-null':
    case 'cast':
      return [node.arg];
    case 'in':
      return [node.arg, ...node.list];
    case 'between':
      return [node.arg, node.lower, node.upper];
    case 'case':
      return [...node.branches.flatMap((b) => [b.when, b.result]), ...(node.otherwise ? [node.otherwise] : [])];
    default:
      return assertNever(node);
  }
}

function callParts(call: SyntaxCall): readonly SyntaxExpression[] {
  return [...call.args, ...(call.filter ? [call.filter] : []), ...call.orderBy.map((o) => o.expression)];
}
