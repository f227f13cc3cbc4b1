import type { Fields } from './field-type.ts';

/**
 * What the subjects of a kind hold, in every version that was ever written, oldest first.
 *
 * A version that was released is never edited: what changes is written as a new one behind it, and old entries are read
 * by the one they name for ever.
 */
export type KindSchema = readonly [Fields, ...Fields[]];
