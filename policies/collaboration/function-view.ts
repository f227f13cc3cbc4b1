/** What a scoring function takes at one place. */
export interface FunctionParameter {
  readonly name: string;
  readonly kind: 'integer' | 'number' | 'boolean' | 'text' | 'date' | 'timestamp';
  /**
   * The texts the code knows, in the order in which a WebAssembly module counts them; `null` when it takes any text,
   * and for what is no text.
   */
  readonly values: readonly string[] | null;
}

/**
 * What a scoring function gives, as its submitter declares it; anything else becomes NULL, numbers out of range the
 * nearest end.
 */
export type FunctionResult =
  /** An integer of `scale` digits after the point; the ends are in units of the last digit. */
  | { readonly kind: 'number'; readonly scale: number; readonly min: bigint; readonly max: bigint }
  /** One of the labels, which everybody may know. */
  | { readonly kind: 'label'; readonly labels: readonly string[] };

/** A scoring function as questions see it: its signature, and the digest of its code. Never the code. */
export interface FunctionView {
  /** The member that submitted it; the SQL says `member.name(…)`. */
  readonly member: string;
  readonly name: string;
  /** SHA-256 over language, signature and code, in hex: another version is another function. */
  readonly digest: string;
  readonly parameters: readonly FunctionParameter[];
  readonly returns: FunctionResult;
}
