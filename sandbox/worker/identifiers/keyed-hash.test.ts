import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { KeyedHash } from './keyed-hash.ts';

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('keyed hash', () => {
  it('is HMAC-SHA-256 over kind and digest, whatever the length of the key', () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('email', 'phone', 'member_id', 'custom:openid'),
        digests,
        (key, kind, digest) => {
          const text = `${kind}:${Buffer.from(digest).toString('base64')}`;
          const expected = createHmac('sha256', key).update(text).digest().subarray(0, 16);
          const keyed = new KeyedHash(key, kind);
          expect(keyed.tokenOf(digest)).toEqual(expected);
          expect(keyed.tokenOf(digest)).toEqual(expected);
        },
      ),
    ));

  it('gives another token for another kind', () => {
    const [key, digest] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    expect(new KeyedHash(key, 'phone').tokenOf(digest)).not.toEqual(new KeyedHash(key, 'member_id').tokenOf(digest));
  });
});
