import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digestIdentifier, type IdentifierKind, isIdentifierKind, normaliseIdentifier } from './index.ts';

interface Written {
  readonly kind: IdentifierKind;
  readonly text: string;
  readonly region?: string;
}
type Vector = Written & { readonly normalised: string; readonly digest: string };

const { published, others, unusable } = JSON.parse(
  readFileSync(new URL('./test-vectors.json', import.meta.url), 'utf8'),
) as { published: Vector[]; others: Vector[]; unusable: Written[] };

describe('the vectors', () => {
  it.each([...published, ...others])('$kind $text is $normalised', ({ kind, text, region, normalised, digest }) => {
    expect(normaliseIdentifier(kind, text, region)).toBe(normalised);
    expect(digestIdentifier(kind, text, region)?.toString('base64')).toBe(digest);
  });

  it.each(unusable)('$kind $text is unusable', ({ kind, text, region }) => {
    expect(normaliseIdentifier(kind, text, region)).toBeNull();
    expect(digestIdentifier(kind, text, region)).toBeNull();
  });

  it('have every kind, usable and not', () => {
    const kinds = (vectors: readonly Written[]) => new Set(vectors.map(({ kind }) => kind.split(':')[0]));
    expect(kinds(others)).toEqual(new Set(['email', 'phone', 'member_id', 'custom', 'device_id', 'card_number']));
    expect(kinds(unusable)).toEqual(new Set(['email', 'phone', 'member_id', 'device_id', 'card_number']));
  });
});

describe('a kind of identifiers', () => {
  it.each(['email', 'phone', 'member_id', 'device_id', 'card_number', 'custom:loyalty_id'])('may be %s', (word) => {
    expect(isIdentifierKind(word)).toBe(true);
  });

  it.each(['', 'Email', 'custom', 'custom:', 'custom:Loyalty', 'custom:a b', `custom:${'a'.repeat(64)}`, 'toString'])(
    'is not %j',
    (word) => {
      expect(isIdentifierKind(word)).toBe(false);
    },
  );
});
