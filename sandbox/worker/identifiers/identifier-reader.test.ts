import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { digestIdentifier, type IdentifierKind } from '../../../identity/index.ts';
import type { IngestColumn } from '../../wire/jobs.ts';
import { IdentifierReader } from './identifier-reader.ts';

const KINDS: IdentifierKind[] = ['email', 'phone', 'member_id', 'device_id', 'card_number', 'custom:loyalty_id'];

function readerOf(identifier: IdentifierKind, more: Partial<IngestColumn> = {}): IdentifierReader {
  return new IdentifierReader({ name: 'i', type: { kind: 'digest' }, nullable: true, identifier, ...more });
}

function accepted(reader: IdentifierReader, text: string | Uint8Array): string | null {
  const bytes = Buffer.concat([Buffer.from('before'), Buffer.from(text), Buffer.from('after')]);
  return shown(reader.accept(bytes, 6, bytes.byteLength - 5));
}

function shown(digest: Uint8Array | string | null): string | null {
  return digest === null || typeof digest === 'string' ? digest : Buffer.from(digest).toString('hex');
}

/** Texts that come near the rules: signs that mean something to one of them, in any order. */
const written = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(fc.constantFrom('a', 'B', '.', '@', '+', 'gmail.com', '@gmail.com', ' ', '\t', '\u00a0', 'é', '-', '\u007f'))
    .map((parts) => parts.join('')),
  fc
    .array(fc.constantFrom('0', '4', '1', ' ', '-', '18', '+49', 'f', '00000000', ':', '\u3000', '\ufffd'))
    .map((parts) => parts.join('')),
  fc.constantFrom('4111 1111 1111 1111', '6011-0009-9013-9424', '38400000-8cf0-11bd-b23e-10b96e40000d', '030 901820'),
);

describe('a column of identifiers', () => {
  it.each(KINDS)('of kind %s gives the digests that the rules give, value by value', (kind) => {
    // One reader over all, so that its memory is asked too.
    const reader = readerOf(kind, { defaultRegion: 'DE' });
    fc.assert(
      fc.property(written, (text) => {
        const expected = digestIdentifier(kind, text, 'DE')?.toString('hex') ?? 'not-an-identifier';
        // What a program leaves where it could not read a character: the value is not what its owner has.
        const readable = text.includes('\ufffd') ? 'encoding' : expected;
        const wanted = text.trim() === '' ? null : readable;
        expect(accepted(reader, text)).toBe(wanted);
        expect(accepted(reader, text)).toBe(wanted);
        expect(shown(reader.acceptText(text))).toBe(wanted);
      }),
      { numRuns: 500 },
    );
  });

  it('remembers no more than it has room for, and never one value for another', () => {
    const reader = readerOf('member_id');
    const id = (index: number) => `member-${index % 20_000}`;
    for (let index = 0; index < 40_000; index += 1) {
      if (index % 97 === 0)
        expect(accepted(reader, id(index))).toBe(digestIdentifier('member_id', id(index))?.toString('hex'));
      else accepted(reader, id(index));
    }
  });

  it('may hold whole numbers, also as programs keep them that know no missing ones', () => {
    const reader = readerOf('phone', { defaultRegion: 'CN' });
    const expected = digestIdentifier('phone', '13800138000', 'CN')?.toString('hex');
    expect(shown(reader.acceptRaw(13_800_138_000n))).toBe(expected);
    expect(shown(reader.acceptRaw({ float: 13_800_138_000, isSingle: false }))).toBe(expected);
    expect(reader.acceptRaw({ float: Number.NaN, isSingle: false })).toBeNull();
    expect(reader.acceptRaw({ float: 1.5, isSingle: false })).toBe('not-an-identifier');
    expect(reader.acceptRaw(true)).toBe('not-an-identifier');
  });

  it('says when a value is no text', () => {
    expect(accepted(readerOf('email'), Buffer.from('caf\xe9@example.com', 'latin1'))).toBe('encoding');
    expect(readerOf('email').acceptText('caf\ufffd@example.com')).toBe('encoding');
    expect(readerOf('email').acceptRaw({ unreadable: 'encoding' })).toBe('encoding');
  });
});

describe('a column of digests', () => {
  const digest = digestIdentifier('email', 'user@example.com') as Buffer;
  const reader = readerOf('email', { form: 'hashed' });

  it.each([
    ['base64', digest.toString('base64')],
    ['base64 without padding', digest.toString('base64').slice(0, 43)],
    ['base64 for addresses', digest.toString('base64url')],
    ['hexadecimal', digest.toString('hex')],
    ['large hexadecimal', digest.toString('hex').toUpperCase()],
    ['white space around it', ` ${digest.toString('hex')}\t`],
  ])('may be written as %s', (_, text) => {
    expect(accepted(reader, text)).toBe(digest.toString('hex'));
  });

  it.each([
    ['an address', 'user@example.com'],
    ['half a digest', digest.toString('hex').slice(1)],
    ['base64 of hexadecimal', Buffer.from(digest.toString('hex')).toString('base64')],
    ['another hash', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['the digest of nothing', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['zeros', '0'.repeat(64)],
    ['bits that no digest has', `${digest.toString('base64').slice(0, 42)}R=`],
  ])('is refused as %s', (_, text) => {
    expect(accepted(reader, text)).toBe('not-a-digest');
    expect(accepted(reader, text)).toBe('not-a-digest');
  });

  it('may have gaps', () => {
    expect(accepted(reader, '')).toBeNull();
    expect(accepted(reader, '  ')).toBeNull();
  });
});
