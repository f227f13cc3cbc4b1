import type { SyntaxExpression } from '../syntax/syntax-tree.ts';

/** Aggregates that protected rows can be asked for. */
export const PROTECTED_AGGREGATES = ['count', 'count_star', 'sum', 'avg', 'mean'] as const;

/** Aggregates of DuckDB that Galley knows by name and does not protect (yet): refused with what to use instead. */
const OTHER_AGGREGATES = new Set([
  'min',
  'max',
  'median',
  'mode',
  'quantile',
  'quantile_cont',
  'quantile_disc',
  'stddev',
  'stddev_samp',
  'stddev_pop',
  'variance',
  'var_samp',
  'var_pop',
  'any_value',
  'first',
  'last',
  'list',
  'array_agg',
  'string_agg',
  'group_concat',
  'listagg',
  'bool_and',
  'bool_or',
  'bit_and',
  'bit_or',
  'bit_xor',
  'histogram',
  'approx_count_distinct',
  'approx_quantile',
  'arg_max',
  'arg_min',
  'max_by',
  'min_by',
  'product',
  'corr',
  'covar_samp',
  'covar_pop',
  'entropy',
  'kurtosis',
  'skewness',
  'count_if',
]);

/** Aggregates over released values: free, as everything above the noise is. */
export const RELEASED_AGGREGATES = new Set(['count', 'count_star', 'sum', 'avg', 'min', 'max', 'median', 'stddev']);

/** Whether a name is an aggregate. */
export function isAggregateName(name: string): boolean {
  return (PROTECTED_AGGREGATES as readonly string[]).includes(name) || OTHER_AGGREGATES.has(name);
}

/** Whether an expression aggregates anywhere within. */
export function containsAggregate(node: SyntaxExpression): boolean {
  return (node.kind === 'call' && isAggregateName(node.name)) || syntaxParts(node).some(containsAggregate);
}

/** The direct parts of an expression as written. */
function syntaxParts(node: SyntaxExpression): readonly SyntaxExpression[] {
  switch (node.kind) {
    case 'call':
      return node.filter ? [...node.args, node.filter] : node.args;
    case 'logic':
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
      return [];
  }
}
