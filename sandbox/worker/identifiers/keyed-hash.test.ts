import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { KeyedHash } from './keyed-hash.ts';

describe('keyed hash', () => {
  it('is HMAC-SHA-256 over kind and identifier, whatever the length of the key', () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('email', 'phone', 'member_id'),
        fc.uint8Array(),
        (key, kind, text) => {
          const expected = createHmac('sha256', key).update(`${kind}:`).update(text).digest();
          const keyed = new KeyedHash(key, kind);
          expect(keyed.digest(text)).toEqual(expected);
          expect(keyed.digest(text)).toEqual(expected);
        },
      ),
    ));

  it('gives another person for another kind', () => {
    const text = Buffer.from('7');
    const key = Buffer.alloc(32, 1);
    expect(new KeyedHash(key, 'phone').personOf(text)).not.toBe(new KeyedHash(key, 'member_id').personOf(text));
  });
});
