// SHA-256 of a form that fits one block, which nearly all identifiers do. The platform's own takes three times as long for
// so few bytes: a call out of the language, and a new buffer for each digest. What is longer is left to it.
// Source: FIPS 180-4, sections 4.2.2, 5.1.1, 5.3.3 and 6.2.2. A test holds this to node:crypto.

/** Longest message of one block: 64 bytes less the bit that ends it and its length. */
export const MAX_SHORT_BYTES = 55;

const ROUNDS = 64;
const BLOCK_WORDS = 16;
const DIGEST_WORDS = 8;
const DIGEST_BYTES = 32;

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of 8.
// biome-ignore format: a table
const CONSTANTS = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);
// biome-ignore format: a table
const FIRST = Int32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);

/** Digests short messages into memory of its own. */
export class ShortDigest {
  readonly #words = new Int32Array(ROUNDS);
  readonly #state = new Int32Array(DIGEST_WORDS);
  readonly #digest = Buffer.alloc(DIGEST_BYTES);

  /** Gives the digest of the first bytes of a message; it is right until the next call. */
  of(message: Uint8Array, length: number): Uint8Array {
    this.#pad(message, length);
    this.#expand();
    this.#compress();
    for (let index = 0; index < DIGEST_WORDS; index += 1) {
      const word = ((this.#state[index] as number) + (FIRST[index] as number)) | 0;
      this.#digest[4 * index] = word >>> 24;
      this.#digest[4 * index + 1] = word >>> 16;
      this.#digest[4 * index + 2] = word >>> 8;
      this.#digest[4 * index + 3] = word;
    }
    return this.#digest;
  }

  #pad(message: Uint8Array, length: number): void {
    const words = this.#words;
    for (let index = 0; index < BLOCK_WORDS; index += 1) words[index] = 0;
    for (let at = 0; at < length; at += 1) {
      words[at >> 2] = (words[at >> 2] as number) | ((message[at] as number) << (24 - ((at & 3) << 3)));
    }
    words[length >> 2] = (words[length >> 2] as number) | (0x80 << (24 - ((length & 3) << 3)));
    words[BLOCK_WORDS - 1] = length << 3;
  }

  #expand(): void {
    const words = this.#words;
    for (let t = BLOCK_WORDS; t < ROUNDS; t += 1) {
      const x = words[t - 15] as number;
      const y = words[t - 2] as number;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      words[t] = (s1 + (words[t - 7] as number) + s0 + (words[t - 16] as number)) | 0;
    }
  }

  #compress(): void {
    const words = this.#words;
    let [a, b, c, d] = [FIRST[0] as number, FIRST[1] as number, FIRST[2] as number, FIRST[3] as number];
    let [e, f, g, h] = [FIRST[4] as number, FIRST[5] as number, FIRST[6] as number, FIRST[7] as number];
    for (let t = 0; t < ROUNDS; t += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const first = (h + s1 + ((e & f) ^ (~e & g)) + (CONSTANTS[t] as number) + (words[t] as number)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + second) | 0;
    }
    const state = this.#state;
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
    state[4] = e;
    state[5] = f;
    state[6] = g;
    state[7] = h;
  }
}
