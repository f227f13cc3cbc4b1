import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MAX_SHORT_BYTES, ShortDigest } from './short-digest.ts';

describe('the digest of a short form', () => {
  const digest = new ShortDigest();

  it('is the one of the platform, whatever stood there before', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: MAX_SHORT_BYTES }), (message) => {
        expect(Buffer.from(digest.of(message, message.length))).toEqual(hash('sha256', message, 'buffer'));
      }),
      { numRuns: 2_000 },
    ));

  it('is the one of the platform at every length', () => {
    const message = Buffer.alloc(MAX_SHORT_BYTES, 0xff);
    for (let length = 0; length <= MAX_SHORT_BYTES; length += 1) {
      expect(Buffer.from(digest.of(message, length))).toEqual(hash('sha256', message.subarray(0, length), 'buffer'));
    }
  });
});
