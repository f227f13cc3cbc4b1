import type { ScalarType } from '../collaboration/table-view.ts';
import type { JoinKind, SourceOffset, SyntaxFrame, SyntaxFrameEnd } from '../syntax/syntax-tree.ts';

/**
 * The shapes of the query over released values, open in `E`, the expressions within.
 *
 * Expressions hold queries (a subquery) and queries hold expressions; with the parameter, each has its own file.
 */
export type QueryShape<E> = SelectShape<E> | SetOperationShape<E>;

/** One column of an output. */
export interface ItemShape<E> {
  readonly name: string;
  readonly expression: E;
  /** An end of the 95 % interval of the column before it, put there by Galley and not by the merchant. */
  readonly isIntervalEnd?: boolean;
}

/** One key of ORDER BY. */
export interface OrderShape<E> {
  readonly expression: E;
  readonly descending: boolean;
  readonly nulls: 'first' | 'last' | null;
}

/** One SELECT over released values. */
export interface SelectShape<E> {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly items: readonly ItemShape<E>[];
  /** `null` for a SELECT of constants. */
  readonly from: FromShape<E> | null;
  readonly where: E | null;
  readonly groupBy: readonly E[];
  /** GROUPING SETS: lists of indexes into `groupBy`; `null` for the plain GROUP BY. */
  readonly groupingSets: readonly (readonly number[])[] | null;
  readonly having: E | null;
  readonly qualify: E | null;
  readonly orderBy: readonly OrderShape<E>[];
  readonly limit: bigint | null;
  readonly offset: bigint | null;
}

/** Two queries put together; the columns are named by the left one. */
export interface SetOperationShape<E> {
  readonly kind: 'set-operation';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: QueryShape<E>;
  readonly right: QueryShape<E>;
  /** Keys are columns of the output, by their index from 0. */
  readonly orderBy: readonly {
    readonly index: number;
    readonly descending: boolean;
    readonly nulls: 'first' | 'last' | null;
  }[];
  readonly limit: bigint | null;
  readonly offset: bigint | null;
}

/** What a query over released values reads: released tables, and constants. */
export type FromShape<E> =
  | { readonly kind: 'release'; readonly index: number; readonly alias: string }
  | { readonly kind: 'subquery'; readonly query: QueryShape<E>; readonly alias: string }
  | {
      readonly kind: 'values';
      readonly rows: readonly (readonly E[])[];
      readonly columnNames: readonly string[];
      readonly alias: string;
    }
  | {
      readonly kind: 'join';
      readonly how: JoinKind;
      readonly left: FromShape<E>;
      readonly right: FromShape<E>;
      readonly condition: E | null;
    };

/** What an aggregate or a window function is called with. */
export interface CallShape<E> {
  readonly name: string;
  readonly args: readonly E[];
  readonly distinct: boolean;
  readonly filter: E | null;
  readonly orderBy: readonly OrderShape<E>[];
}

/** An aggregate over released values. */
export interface AggregateShape<E> extends CallShape<E> {
  readonly kind: 'aggregate';
  readonly type: ScalarType;
  readonly at: SourceOffset;
}

/** A window over released values. */
export interface WindowShape<E> {
  readonly kind: 'window';
  readonly call: CallShape<E>;
  readonly ignoreNulls: boolean;
  readonly partitionBy: readonly E[];
  readonly orderBy: readonly OrderShape<E>[];
  readonly frame: FrameShape<E> | null;
  readonly type: ScalarType;
  readonly at: SourceOffset;
}

/** The frame of a window. */
export interface FrameShape<E> {
  readonly unit: SyntaxFrame['unit'];
  readonly start: FrameEndShape<E>;
  readonly end: FrameEndShape<E>;
  readonly exclude: SyntaxFrame['exclude'];
}

/** One end of a frame. */
export interface FrameEndShape<E> {
  readonly kind: SyntaxFrameEnd['kind'];
  readonly by: E | null;
}

/** A query within an expression; it may name columns of the queries around it. */
export interface SubqueryShape<E> {
  readonly kind: 'subquery';
  readonly form: 'scalar' | 'exists' | 'in';
  readonly negated: boolean;
  readonly arg: E | null;
  readonly query: QueryShape<E>;
  readonly type: ScalarType;
  readonly at: SourceOffset;
}

/** A function that only released values are given to: protected rows are not printed with it. */
export interface ReleasedFunctionShape<E> {
  readonly kind: 'function';
  readonly name: string;
  readonly args: readonly E[];
  readonly type: ScalarType;
  readonly at: SourceOffset;
}
