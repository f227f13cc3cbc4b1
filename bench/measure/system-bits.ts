import { randomBytes } from 'node:crypto';
import type { RandomBits } from '../../policies/index.ts';

const POOL_BYTES = 65_536;
const BITS_OF_A_BYTE = 8;
/** The widest whole number that a buffer reads at once. */
const MAX_READ_BYTES = 4;

let pool: Buffer = Buffer.alloc(0);

/** Uniform bits from the system, as the service draws them. */
export const systemBits: RandomBits = {
  draw(count) {
    const byteCount = Math.ceil(count / BITS_OF_A_BYTE);
    if (pool.length < byteCount) pool = randomBytes(Math.max(POOL_BYTES, byteCount));
    const bytes = pool.subarray(0, byteCount);
    pool = pool.subarray(byteCount);
    if (byteCount <= MAX_READ_BYTES) return BigInt(bytes.readUIntBE(0, byteCount) % 2 ** count);
    return BigInt(`0x${bytes.toString('hex')}`) & ((1n << BigInt(count)) - 1n);
  },
  fill(words) {
    if (pool.length < words.byteLength) pool = randomBytes(POOL_BYTES);
    new Uint8Array(words.buffer, words.byteOffset, words.byteLength).set(pool.subarray(0, words.byteLength));
    pool = pool.subarray(words.byteLength);
  },
};
