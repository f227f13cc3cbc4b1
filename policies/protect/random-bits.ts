/** Where uniform bits come from. The service injects the system's source; tests inject theirs. */
export interface RandomBits {
  /** A uniform integer of `count` bits, 0 ≤ value < 2^count. */
  draw(count: number): bigint;
  /** Uniform words, where a source can give many at once: a big integer for each costs several times as much. */
  fill?(words: Uint32Array): void;
}

/** A positive fraction. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}
