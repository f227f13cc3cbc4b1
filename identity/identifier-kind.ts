/**
 * The identifiers that can be a match key. `custom:<name>` is one that members agree on among themselves, for example
 * `custom:loyalty_id`; it matches the same name only.
 */
export type IdentifierKind = 'email' | 'phone' | 'member_id' | 'device_id' | 'card_number' | `custom:${string}`;

const NAMED_KINDS: ReadonlySet<string> = new Set(['email', 'phone', 'member_id', 'device_id', 'card_number']);

/** The name after `custom:`: a word as columns have it. */
const CUSTOM_KIND = /^custom:[a-z_][a-z0-9_]{0,62}$/;

/** Tells whether a word names a kind of identifier. */
export function isIdentifierKind(word: string): word is IdentifierKind {
  return NAMED_KINDS.has(word) || CUSTOM_KIND.test(word);
}
