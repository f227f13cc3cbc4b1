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

/** The comparison operators, as printed. */
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** A constant of the SQL. Numbers are exact: a decimal is its unscaled integer and its scale. */
export type SyntaxLiteral =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'decimal'; readonly unscaled: bigint; readonly scale: number }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'text'; readonly value: string };

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
      readonly left: SyntaxFrom;
      readonly right: SyntaxFrom;
      readonly condition: SyntaxExpression | null;
      readonly using: readonly string[];
      readonly at: SourceOffset;
    }
  | {
      readonly kind: 'subquery';
      readonly query: SyntaxSelect;
      readonly alias: string | null;
      readonly at: SourceOffset;
    };

/** One SELECT. */
export interface SyntaxSelect {
  readonly ctes: readonly { readonly name: string; readonly query: SyntaxSelect }[];
  readonly distinct: boolean;
  readonly items: readonly SyntaxItem[];
  readonly from: SyntaxFrom | null;
  readonly where: SyntaxExpression | null;
  /** `'all'` for GROUP BY ALL. */
  readonly groupBy: readonly SyntaxExpression[] | 'all';
  readonly having: SyntaxExpression | null;
  readonly orderBy: readonly SyntaxOrder[];
  readonly limit: bigint | null;
  readonly offset: bigint | null;
}
