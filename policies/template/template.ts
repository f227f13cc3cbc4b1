// A template is SQL with typed blanks. Whoever approves it has read the whole of what will ever run: a value is a literal
// or a name, and no literal or name can add a table, a condition or a statement.

/** What comes of a run: a question, an audience, or a question about an effect. */
export type TemplateKind = 'sql' | 'audience' | 'effect';

/** What a column must hold to be filled in. */
export type ColumnContents = 'any' | 'person' | 'number' | 'text' | 'date' | 'time' | 'boolean';

/** A value of its own: what a literal can be. */
export type ValueType =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly digits: number }
  | { readonly kind: 'text'; readonly values: readonly string[] | null }
  | { readonly kind: 'date' }
  | { readonly kind: 'boolean' };

/** What may stand in a blank. */
export type ParameterType =
  | ValueType
  | { readonly kind: 'list'; readonly of: ValueType; readonly maxItems: number }
  | { readonly kind: 'table' }
  /** A column of the table that the parameter `of` names. */
  | { readonly kind: 'column'; readonly of: string; readonly holds: ColumnContents };

/** A blank with its type. */
export interface TemplateParameter {
  readonly name: string;
  /** For whoever fills it in. */
  readonly meaning: string;
  readonly type: ParameterType;
  /** Taken where no value is given; of the type, as a value would be. */
  readonly default: unknown;
}

/** A template as read from its document. Only {@link readTemplate} makes it. */
export interface Template {
  readonly name: string;
  readonly version: string;
  readonly kind: TemplateKind;
  readonly title: string;
  readonly meaning: string;
  /** What a run spends unless it says otherwise; 0 for an audience, whose definition spends nothing. */
  readonly epsilon: number;
  readonly parameters: readonly TemplateParameter[];
  /** The SQL between its blanks, and the blanks between it: one text more than names. */
  readonly body: TemplateBody;
}

/** SQL cut at its blanks. */
export interface TemplateBody {
  readonly texts: readonly string[];
  /** The name of the parameter after each text but the last. */
  readonly names: readonly string[];
}
