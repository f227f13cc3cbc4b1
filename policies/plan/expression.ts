import type { FunctionResult } from '../collaboration/function-view.ts';
import type { ScalarType, TableView } from '../collaboration/table-view.ts';
import type { CastType, ComparisonOperator, SourceOffset, SyntaxLiteral } from '../syntax/syntax-tree.ts';
import type {
  AggregateShape,
  CallShape,
  FrameShape,
  ReleasedFunctionShape,
  SubqueryShape,
  WindowShape,
} from './outer-shape.ts';

/**
 * An expression with its names resolved and its type known. Only these can be printed.
 *
 * Every expression is total: whatever the data, it has a value or NULL and never an error, so that no error can tell
 * of a person and the engine may evaluate in any order.
 */
export type Expression =
  | {
      readonly kind: 'column';
      /** `t0`, `t1`… for protected tables; a quoted alias above the release. */
      readonly relation: string;
      readonly column: string;
      readonly type: ScalarType;
      readonly at: SourceOffset;
    }
  | { readonly kind: 'literal'; readonly value: SyntaxLiteral; readonly type: ScalarType; readonly at: SourceOffset }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly type: ScalarType;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly type: ScalarType;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or';
      readonly args: readonly Expression[];
      readonly type: ScalarType;
      readonly at: SourceOffset;
    }
  | { readonly kind: 'not'; readonly arg: Expression; readonly type: ScalarType; readonly at: SourceOffset }
  | {
      readonly kind: 'is-null';
      readonly arg: Expression;
      readonly negated: boolean;
      readonly type: ScalarType;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'in';
      readonly arg: Expression;
      readonly list: readonly Expression[];
      readonly negated: boolean;
      readonly type: ScalarType;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'case';
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise: Expression | null;
      readonly type: ScalarType;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'cast';
      readonly arg: Expression;
      readonly to: CastType;
      readonly type: ScalarType;
      readonly at: SourceOffset;
    }
  | ScoreExpression
  | ReleasedExpression;

/**
 * A member's scoring function of values of one row. Total like all else: whatever its code does, it gives a number
 * between its declared ends, one of its labels, or NULL.
 */
export interface ScoreExpression {
  readonly kind: 'score';
  readonly member: string;
  readonly name: string;
  /** Which version: equal digests are equal code and signature. */
  readonly digest: string;
  readonly returns: FunctionResult;
  /** Each cast to the kind of its parameter. */
  readonly args: readonly Expression[];
  readonly type: ScalarType;
  readonly at: SourceOffset;
}

/** What only the query over released values has; protected rows are never printed with it. */
export type ReleasedExpression =
  | AggregateShape<Expression>
  | WindowShape<Expression>
  | SubqueryShape<Expression>
  | ReleasedFunctionShape<Expression>;

/** A resolved column. */
export type ColumnExpression = Extract<Expression, { kind: 'column' }>;

/** A protected table of a plan, under the name it is printed with. */
export interface PlanTable {
  /** `t0`, `t1`… */
  readonly ref: string;
  readonly view: TableView;
}

/** The direct parts of an expression. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return [];
    case 'call':
    case 'logic':
    case 'score':
    case 'function':
      return expression.args;
    case 'aggregate':
      return callParts(expression);
    case 'window':
      return [
        ...callParts(expression.call),
        ...expression.partitionBy,
        ...expression.orderBy.map((o) => o.expression),
        ...frameParts(expression.frame),
      ];
    case 'subquery':
      // What stands within the query belongs to it: its names are looked up there first.
      return expression.arg === null ? [] : [expression.arg];
    case 'compare':
      return [expression.left, expression.right];
    case 'not':
    case 'is-null':
    case 'cast':
      return [expression.arg];
    case 'in':
      return [expression.arg, ...expression.list];
    case 'case':
      return [
        ...expression.branches.flatMap((b) => [b.when, b.result]),
        ...(expression.otherwise ? [expression.otherwise] : []),
      ];
    default:
      return assertNever(expression);
  }
}

function callParts(call: CallShape<Expression>): readonly Expression[] {
  return [...call.args, ...(call.filter ? [call.filter] : []), ...call.orderBy.map((o) => o.expression)];
}

function frameParts(frame: FrameShape<Expression> | null): readonly Expression[] {
  return frame === null ? [] : [frame.start.by, frame.end.by].filter((by) => by !== null);
}

/** What the engine's TRY does not take within: only released values have it, whose errors tell of nobody. */
export function isRefusedByTry(e: Expression): boolean {
  const isGrouping = e.kind === 'function' && e.name === 'grouping';
  return isGrouping || e.kind === 'aggregate' || e.kind === 'window' || e.kind === 'subquery';
}

/** Every column an expression reads, in order of appearance. */
export function columnsIn(expression: Expression): readonly ColumnExpression[] {
  return expression.kind === 'column' ? [expression] : partsOf(expression).flatMap(columnsIn);
}

/** Every expression within an expression, itself included. */
export function allParts(expression: Expression): readonly Expression[] {
  return [expression, ...partsOf(expression).flatMap(allParts)];
}

/**
 * One text for equal values, whatever the order of their fields; places in the source are left out.
 *
 * Two questions with the same text are the same question, so that the second is answered from the stored release.
 */
export function canonicalText(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const known = textsOfExpressions.get(value);
    if (known !== undefined) return known;
    const text = textOfFields(value);
    if (isExpression(value) || isView(value)) textsOfExpressions.set(value, text);
    return text;
  }
  return JSON.stringify(value) ?? 'null';
}

/**
 * Texts of expressions that have been asked for, and of bound tables with all their rules, which each aggregation names
 * several times; neither ever changes once it is made.
 *
 * To put the sides of a comparison in order takes the texts of both, and within them again: without this memory each
 * level of nesting would double the work, and one deep question would hold up everybody's.
 */
const textsOfExpressions = new WeakMap<object, string>();

function isExpression(value: object): boolean {
  return 'kind' in value && 'type' in value && 'at' in value;
}

function isView(value: object): boolean {
  return 'alias' in value && 'columns' in value && 'rules' in value;
}

function textOfFields(value: object): string {
  const fields = Object.entries(inOneOrder(value))
    // A place is a number or nothing; an owner's column may be called `at` too.
    .filter(([key, field]) => field !== undefined && !(key === 'at' && (field === null || typeof field === 'number')))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalText(field)}`).join(',')}}`;
}

/** Comparisons as they read from the other side. */
const MIRRORED: Readonly<Record<string, ComparisonOperator>> = { '=': '=', '<>': '<>', '>': '<', '>=': '<=' };

/** What means the same in any order, in one order: every expression is total, so that none is decided by it. */
function inOneOrder(value: object): object {
  const node = value as Partial<Record<string, unknown>>;
  if (node.kind === 'logic' && Array.isArray(node.args)) return { ...node, args: node.args.toSorted(byText) };
  if (node.kind === 'in' && Array.isArray(node.list)) return { ...node, list: node.list.toSorted(byText) };
  if (Array.isArray(node.filters) && Array.isArray(node.sources)) {
    return { ...node, filters: node.filters.toSorted(byText) };
  }
  const mirrored = node.kind === 'compare' && typeof node.operator === 'string' ? MIRRORED[node.operator] : undefined;
  if (mirrored === undefined) return node;
  const isTurned = mirrored !== node.operator || byText(node.left, node.right) > 0;
  return isTurned ? { ...node, operator: mirrored, left: node.right, right: node.left } : node;
}

function byText(a: unknown, b: unknown): number {
  const [first, second] = [canonicalText(a), canonicalText(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Marks a switch as complete: a new kind that nobody handles fails to compile here. */
export function assertNever(value: never): never {
  throw new Error(`unhandled kind in ${JSON.stringify(value)}`);
}
