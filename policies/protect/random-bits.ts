/** Where uniform bits come from. The service injects the system's source; tests inject theirs. */
export interface RandomBits {
  /** A uniform integer of `count` bits, 0 ≤ value < 2^count. */
  draw(count: number): bigint;
}

/** A positive fraction. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}
