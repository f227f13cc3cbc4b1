// What both sides of the wall know of matching without showing.

/**
 * How often each point of a hidden set stands in it, under secret multiples. To have one person count more than once
 * somebody would have to name all multiples of that person: with three, one set of three out of all there are.
 */
export const MULTIPLES_COUNT = 3;

/** Points multiplied so far, and in all. */
export interface MatchStep {
  done: number;
  total: number;
}

/**
 * Digests that are matched where not all are: those whose first four bytes, as a number, have this remainder by `oneIn`.
 * Both sides choose alike, without a word about any.
 */
export interface DigestSample {
  oneIn: number;
  remainder: number;
}
