import type { RandomBits } from '../../policies/index.ts';

/**
 * Uniform bits that a seed decides, for tests whose verdict must be the same at every run.
 *
 * Source: Blackman, Vigna, "Scrambled Linear Pseudorandom Number Generators" (2018), xoshiro128**. Good enough for
 * statistics, and for nothing that must not be foreseen.
 */
export function seededBits(seed: number): RandomBits {
  // Four words that are not all zero, whatever the seed.
  let [a, b, c, d] = [seed | 0, 0x9e3779b9, 0x243f6a88, Math.imul(seed, 0x85ebca6b) ^ 0xb7e15162];
  const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
  const next = (): number => {
    const word = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return word;
  };
  for (let i = 0; i < 32; i += 1) next();
  return {
    draw(count) {
      if (count <= 32) return BigInt(next() >>> (32 - count));
      let value = 0n;
      for (let have = 0; have < count; have += 32) value = (value << 32n) | BigInt(next());
      return value & ((1n << BigInt(count)) - 1n);
    },
    // The very bits that `draw` would give.
    fill(words) {
      for (let i = 0; i < words.length; i += 1) words[i] = next();
    },
  };
}
