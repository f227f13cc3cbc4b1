/**
 * The merchant's SQL as our own small tree.
 *
 * It names every construct Galley understands; whatever DuckDB's grammar accepts beyond it is a violation
 * (`syntax-is-known`), so that what this file cannot represent cannot run.
 */

/** Byte offset into the UTF-8 of the submitted SQL, or `null` where the grammar gives none. */
export type SourceOffset = number | null;

/** One expression as written, before names are resolved. */
export type SyntaxExpression =
  | { readonly kind: 'column'; readonly path: readonly string[]; readonly at: SourceOffset }
  | { readonly kind: 'literal'; readonly value: SyntaxLiteral; readonly at: SourceOffset }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly SyntaxExpression[];
      readonly distinct: boolean;
      readonly filter: SyntaxExpression | null;
      /** The order inside an aggregate: `max(x order by y)`, `… within group (order by x)`. */
      readonly orderBy: readonly SyntaxOrder[];
      readonly at: SourceOffset;
    }
  | {
      /** `member.name(…)`: a member's scoring function. A kind of its own: no name of it means a function of ours. */
      readonly kind: 'score';
      readonly member: string;
      readonly name: string;
      readonly args: readonly SyntaxExpression[];
      readonly at: SourceOffset;
    }
  | {
      /** A call with OVER. */
      readonly kind: 'window';
      readonly call: SyntaxCall;
      readonly ignoreNulls: boolean;
      readonly partitionBy: readonly SyntaxExpression[];
      readonly orderBy: readonly SyntaxOrder[];
      readonly frame: SyntaxFrame | null;
      readonly at: SourceOffset;
    }
  | {
      /** A query within an expression; `arg` is what `in` looks for, `null` otherwise. */
      readonly kind: 'subquery';
      readonly form: 'scalar' | 'exists' | 'in';
      readonly negated: boolean;
      readonly arg: SyntaxExpression | null;
      readonly query: SyntaxQuery;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: SyntaxExpression;
      readonly right: SyntaxExpression;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or';
      readonly args: readonly SyntaxExpression[];
      readonly at: SourceOffset;
    }
  | { readonly kind: 'not'; readonly arg: SyntaxExpression; readonly at: SourceOffset }
  | {
      readonly kind: 'is-null';
      readonly arg: SyntaxExpression;
      readonly negated: boolean;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'in';
      readonly arg: SyntaxExpression;
      readonly list: readonly SyntaxExpression[];
      readonly negated: boolean;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'between';
      readonly arg: SyntaxExpression;
      readonly lower: SyntaxExpression;
      readonly upper: SyntaxExpression;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'case';
      readonly branches: readonly { readonly when: SyntaxExpression; readonly result: SyntaxExpression }[];
      readonly otherwise: SyntaxExpression | null;
      readonly at: SourceOffset;
    }
  | { readonly kind: 'cast'; readonly arg: SyntaxExpression; readonly type: CastType; readonly at: SourceOffset }
  | { readonly kind: 'star'; readonly relation: string | null; readonly at: SourceOffset };

/** A call of a function or an aggregate. */
export type SyntaxCall = Extract<SyntaxExpression, { kind: 'call' }>;

/** One end of a window's frame. */
export interface SyntaxFrameEnd {
  readonly kind: 'unbounded-preceding' | 'preceding' | 'current-row' | 'following' | 'unbounded-following';
  /** How many rows or how far; only with `preceding` and `following`. */
  readonly by: SyntaxExpression | null;
}

/** The rows around a row that a window looks at. */
export interface SyntaxFrame {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: SyntaxFrameEnd;
  readonly end: SyntaxFrameEnd;
  readonly exclude: 'current-row' | 'group' | 'ties' | null;
}

/** The comparison operators, as printed. */
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** A constant of the SQL. Numbers are exact: a decimal is its unscaled integer and its scale. */
export type SyntaxLiteral =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'decimal'; readonly unscaled: bigint; readonly scale: number }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  /** A span of time; the three parts add up and are whole. */
  | { readonly type: 'interval'; readonly months: bigint; readonly days: bigint; readonly microseconds: bigint };

/** The types a cast may name. */
export type CastType =
  | { readonly type: 'integer' | 'double' | 'text' | 'boolean' | 'date' | 'timestamp' }
  | { readonly type: 'decimal'; readonly scale: number };

/** One column of a select list. */
export interface SyntaxItem {
  readonly expression: SyntaxExpression;
  /** The name given with AS; else `null`. */
  readonly alias: string | null;
}

/** One key of ORDER BY. */
export interface SyntaxOrder {
  readonly expression: SyntaxExpression;
  readonly descending: boolean;
  readonly nulls: 'first' | 'last' | null;
}

/** How a join keeps rows. A comma and CROSS JOIN are `inner` without a condition. */
export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

/** What FROM reads. */
export type SyntaxFrom =
  | {
      readonly kind: 'table';
      readonly schema: string | null;
      readonly table: string;
      readonly alias: string | null;
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'join';
      readonly how: JoinKind;
      readonly left: SyntaxFrom;
      readonly right: SyntaxFrom;
      readonly condition: SyntaxExpression | null;
      readonly using: readonly string[];
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'subquery';
      readonly query: SyntaxQuery;
      readonly alias: string | null;
      /** Names given to its columns after the alias, from the first on. */
      readonly columnNames: readonly string[];
      readonly at: SourceOffset;
    }
  | {
      /** VALUES: rows of constants. */
      readonly kind: 'values';
      readonly rows: readonly (readonly SyntaxExpression[])[];
      readonly alias: string | null;
      readonly columnNames: readonly string[];
      readonly at: SourceOffset;
    }
  | {
      /** PIVOT … ON columns IN (values) USING aggregates; above the noise only. */
      readonly kind: 'pivot';
      readonly from: SyntaxFrom;
      readonly aggregates: readonly SyntaxItem[];
      readonly on: readonly { readonly column: SyntaxExpression; readonly values: readonly SyntaxItem[] }[];
      readonly groupBy: readonly string[];
      readonly alias: string | null;
      readonly at: SourceOffset;
    };

/** The names that WITH gives, each seeing the ones before it. */
export type SyntaxCtes = readonly {
  readonly name: string;
  readonly columnNames: readonly string[];
  readonly query: SyntaxQuery;
}[];

/** One SELECT. */
export interface SyntaxSelect {
  readonly kind: 'select';
  readonly ctes: SyntaxCtes;
  readonly distinct: boolean;
  readonly items: readonly SyntaxItem[];
  readonly from: SyntaxFrom | null;
  readonly where: SyntaxExpression | null;
  /** `'all'` for GROUP BY ALL. */
  readonly groupBy: readonly SyntaxExpression[] | 'all';
  /** GROUPING SETS, ROLLUP and CUBE, written out: each a list of indexes into `groupBy`; `null` for the plain one. */
  readonly groupingSets: readonly (readonly number[])[] | null;
  readonly having: SyntaxExpression | null;
  readonly qualify: SyntaxExpression | null;
  readonly orderBy: readonly SyntaxOrder[];
  readonly limit: bigint | null;
  readonly offset: bigint | null;
}

/** Two queries put together. */
export interface SyntaxSetOperation {
  readonly kind: 'set-operation';
  readonly ctes: SyntaxCtes;
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: SyntaxQuery;
  readonly right: SyntaxQuery;
  readonly orderBy: readonly SyntaxOrder[];
  readonly limit: bigint | null;
  readonly offset: bigint | null;
  readonly at: SourceOffset;
}

/** A query: one SELECT, or several put together. */
export type SyntaxQuery = SyntaxSelect | SyntaxSetOperation;
