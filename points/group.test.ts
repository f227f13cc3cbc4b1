import { randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers-sumo';
import { describe, expect, it } from 'vitest';
import { hashToGroup, POINT_BYTES, pointOfDigest, randomPoint, scalarFor, times } from './group.ts';

const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');

// RFC 9497, appendix A.1.1 (OPRF, ristretto255-SHA512): the blinded element is the hashed input times the blind.
const OPRF_TAG = Buffer.from('HashToGroup-OPRFV1-\0-ristretto255-SHA512', 'latin1');
const OPRF_KEY = hex('5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e');
const OPRF_BLIND = hex('64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706');
const OPRF_VECTORS = [
  [
    '00',
    '609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c',
    '7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e',
  ],
  [
    '5a'.repeat(17),
    'da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418',
    'b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25',
  ],
] as const;

// RFC 9496, appendices A.1 to A.3.
const GENERATOR = hex('e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76');
const TWICE_THE_GENERATOR = '6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919';
const INVALID_ENCODINGS = [
  '00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371',
];

const two = Buffer.alloc(POINT_BYTES);
two[0] = 2;

describe('points', () => {
  it.each(OPRF_VECTORS)('are hashed and multiplied as RFC 9497 says: %s', (input, blinded, evaluated) => {
    const element = times(OPRF_BLIND, hashToGroup(hex(input), OPRF_TAG));
    expect(Buffer.from(element).toString('hex')).toBe(blinded);
    expect(Buffer.from(times(OPRF_KEY, element)).toString('hex')).toBe(evaluated);
  });

  it('are multiplied as RFC 9496 says', () => {
    expect(Buffer.from(times(two, GENERATOR)).toString('hex')).toBe(TWICE_THE_GENERATOR);
  });

  it.each(INVALID_ENCODINGS)('are refused in an encoding that RFC 9496 calls invalid: %s', (encoding) => {
    expect(() => times(two, hex(encoding))).toThrow();
  });

  it('are never the identity, which every scalar leaves as it is', () => {
    expect(() => times(two, new Uint8Array(POINT_BYTES))).toThrow();
  });

  it('of one digest differ from kind to kind of identifier', () => {
    const digest = randomBytes(32);
    expect(pointOfDigest(digest, 'email')).toEqual(pointOfDigest(digest, 'email'));
    expect(pointOfDigest(digest, 'email')).not.toEqual(pointOfDigest(digest, 'phone'));
  });

  it('meet under two scalars in either order', () => {
    const [a, b] = [scalarFor(randomBytes(32), 'a'), scalarFor(randomBytes(32), 'b')];
    const point = randomPoint();
    expect(times(a, times(b, point))).toEqual(times(b, times(a, point)));
    expect(sodium.crypto_core_ristretto255_is_valid_point(point)).toBe(true);
  });
});
