import type { ScalarType, TableView } from '../collaboration/table-view.ts';
import type { Expression } from './expression.ts';

/**
 * Rows of persons: what a question reads below its aggregation.
 *
 * Every row belongs to exactly one person, that of the first source. Sources are joined on that person and on nothing
 * else (public tables, which have no persons, on any key), so that one person's rows never meet another's: whatever is
 * computed here for a person is a function of that person's own rows and of public tables. The guarantee rests on it.
 */
export interface ProtectedRows {
  /** At least one; the first is `inner`, and its person is the person of the row. */
  readonly sources: readonly RowSource[];
  /** Conditions on joined rows; all must hold. */
  readonly filters: readonly Expression[];
}

/** One source of rows, under the name that expressions know it by. */
export interface RowSource {
  /** `t0`, `t1`… unique within a question. */
  readonly ref: string;
  /** `left` keeps rows that find nothing in this source; its columns are then NULL. */
  readonly how: 'inner' | 'left';
  readonly input: RowInput;
  /** Conditions of this join beside the equality of persons; for a public table, all there are. */
  readonly on: readonly Expression[];
}

/** Where rows come from. */
export type RowInput =
  /** An owner's table, cut to the rows a person that its owner declared. */
  | { readonly kind: 'table'; readonly view: TableView }
  /** A table without persons, which its owner declared public; cut to the rows a key that its owner declared. */
  | { readonly kind: 'public'; readonly view: TableView; readonly keys: readonly string[] }
  /** Rows of a query of their own: the right side of a left join, or a query with a distinct list of columns. */
  | { readonly kind: 'rows'; readonly rows: ProtectedRows; readonly columns: readonly NamedExpression[] }
  /** UNION ALL; each branch has one expression a column. */
  | {
      readonly kind: 'union';
      readonly columns: readonly { readonly name: string; readonly type: ScalarType }[];
      readonly branches: readonly { readonly rows: ProtectedRows; readonly values: readonly Expression[] }[];
    }
  /** GROUP BY the person and `keys`: one row for each of a person's values of the keys. */
  | {
      readonly kind: 'per-person';
      readonly rows: ProtectedRows;
      readonly keys: readonly NamedExpression[];
      readonly values: readonly { readonly name: string; readonly aggregate: PersonAggregate }[];
    };

/** An expression with the name it has outside. */
export interface NamedExpression {
  readonly name: string;
  readonly expression: Expression;
}

/** An exact aggregate over one person's own rows; it never leaves without being aggregated over persons. */
export interface PersonAggregate {
  readonly kind:
    | 'count'
    | 'count-values'
    | 'count-distinct'
    | 'sum'
    | 'avg'
    | 'min'
    | 'max'
    /** The value of `of` on the row with the smallest or largest `by`; of equal ones the smallest `of`. */
    | 'min-by'
    | 'max-by'
    | 'any'
    | 'all';
  /** `null` for `count`. */
  readonly of: Expression | null;
  /** What `min-by` and `max-by` order by; `null` otherwise. */
  readonly by: Expression | null;
  /** FILTER; `null` for all rows. */
  readonly when: Expression | null;
  /** Digits after the point in which numbers are added up exactly; 0 for the others. */
  readonly scale: number;
  readonly type: ScalarType;
}

/** The column that holds the person in sources that are queries of their own; no column can be named so. */
export const PERSON_COLUMN = 'the person';
