/**
 * What a destination may use audiences for: a closed list, so that an owner who permits one knows what it permits.
 *
 * The first five are the scenes of a strategy engine, and `personalisation` is all of them.
 */
export const AUDIENCE_PURPOSES = [
  'shop-front',
  'product-page',
  'feed',
  'chat',
  'cart',
  'personalisation',
  'advertising',
  'messaging',
  'suppression',
  'measurement',
] as const;

/** One of the purposes. */
export type AudiencePurpose = (typeof AUDIENCE_PURPOSES)[number];

/** Whether a word is one of the purposes. */
export function isAudiencePurpose(word: string): word is AudiencePurpose {
  return (AUDIENCE_PURPOSES as readonly string[]).includes(word);
}
