import { randomFillSync } from 'node:crypto';
import type { RandomBits } from '../../policies/index.ts';

/** Bytes fetched from the system at a time: a call for each draw would cost more than the draw. */
const BLOCK_BYTES = 65_536;

/** Uniform bits from the system's cryptographic source: the only source that noise is drawn from. */
export function openSystemBits(): RandomBits {
  const block = Buffer.alloc(BLOCK_BYTES);
  let used = BLOCK_BYTES;
  const take = (bytes: number): Buffer => {
    if (used + bytes > BLOCK_BYTES) {
      randomFillSync(block);
      used = 0;
    }
    const taken = Buffer.from(block.subarray(used, used + bytes));
    // Spent randomness is wiped: a later memory disclosure must not tell the noise of an earlier release.
    block.fill(0, used, used + bytes);
    used += bytes;
    return taken;
  };
  return {
    draw(count) {
      const bytes = Math.ceil(count / 8);
      const value = bytes === 0 ? 0n : BigInt(`0x${take(bytes).toString('hex')}`);
      return value >> BigInt(bytes * 8 - count);
    },
    fill(words) {
      new Uint8Array(words.buffer, words.byteOffset, words.byteLength).set(take(words.byteLength));
    },
  };
}
