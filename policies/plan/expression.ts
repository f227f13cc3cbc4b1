import type { ScalarType, TableView } from '../collaboration/table-view.ts';
import type { CastType, ComparisonOperator, SourceOffset, SyntaxLiteral } from '../syntax/syntax-tree.ts';

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
    };

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
      return expression.args;
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
    const fields = Object.entries(value)
      // A place is a number or nothing; an owner's column may be called `at` too.
      .filter(([key, field]) => field !== undefined && !(key === 'at' && (field === null || typeof field === 'number')))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalText(field)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** Marks a switch as complete: a new kind that nobody handles fails to compile here. */
export function assertNever(value: never): never {
  throw new Error(`unhandled kind in ${JSON.stringify(value)}`);
}
