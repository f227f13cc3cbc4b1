// Millions of tokens as text in a set would take a hundred bytes each. Here they are 16, in one block, and are sorted by
// counting: a token is a keyed hash, so that its first two bytes spread them evenly, whatever the identifiers are.
import { TOKEN_BYTES } from './keyed-hash.ts';

const FIRST_TOKENS_COUNT = 65_536;
/** Values of the first two bytes. */
const BUCKETS_COUNT = 65_536;
/** Up to here a bucket is sorted by moving its tokens about; one with more holds the same few again and again. */
const MAX_MOVED_COUNT = 64;

/** Tokens that are gathered, to be given out sorted and each once. */
export class TokenList {
  #bytes = Buffer.alloc(FIRST_TOKENS_COUNT * TOKEN_BYTES);
  #count = 0;

  /** Takes one token. */
  add(token: Uint8Array): void {
    const at = this.#count * TOKEN_BYTES;
    if (at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(at)]);
    this.#bytes.set(token, at);
    this.#count += 1;
  }

  /** Gives all of them sorted by their bytes, each once. */
  sorted(): Uint8Array {
    const starts = this.#bucketStarts();
    const sorted = this.#inBuckets(starts);
    let kept = 0;
    for (let bucket = 0; bucket < BUCKETS_COUNT; bucket += 1) {
      const [from, to] = [starts[bucket] as number, starts[bucket + 1] as number];
      if (from === to) continue;
      for (const token of sortBucket(sorted.subarray(from * TOKEN_BYTES, to * TOKEN_BYTES))) {
        // What is kept never reaches beyond what was read, and a bucket is copied before it is written to.
        if (kept > 0 && token.equals(sorted.subarray((kept - 1) * TOKEN_BYTES, kept * TOKEN_BYTES))) continue;
        sorted.set(token, kept * TOKEN_BYTES);
        kept += 1;
      }
    }
    return sorted.subarray(0, kept * TOKEN_BYTES);
  }

  #bucketStarts(): Uint32Array {
    const starts = new Uint32Array(BUCKETS_COUNT + 1);
    for (let index = 0; index < this.#count; index += 1) {
      const bucket = this.#bytes.readUInt16BE(index * TOKEN_BYTES);
      starts[bucket + 1] = (starts[bucket + 1] as number) + 1;
    }
    for (let bucket = 0; bucket < BUCKETS_COUNT; bucket += 1) {
      starts[bucket + 1] = (starts[bucket + 1] as number) + (starts[bucket] as number);
    }
    return starts;
  }

  #inBuckets(starts: Uint32Array): Buffer {
    const sorted = Buffer.alloc(this.#count * TOKEN_BYTES);
    const next = starts.slice();
    for (let at = 0; at < this.#count * TOKEN_BYTES; at += TOKEN_BYTES) {
      const bucket = this.#bytes.readUInt16BE(at);
      const place = next[bucket] as number;
      next[bucket] = place + 1;
      this.#bytes.copy(sorted, place * TOKEN_BYTES, at, at + TOKEN_BYTES);
    }
    return sorted;
  }
}

function sortBucket(bytes: Buffer): readonly Buffer[] {
  const copy = Buffer.from(bytes);
  const tokens: Buffer[] = [];
  for (let at = 0; at < copy.length; at += TOKEN_BYTES) tokens.push(copy.subarray(at, at + TOKEN_BYTES));
  if (tokens.length > MAX_MOVED_COUNT) return tokens.sort(Buffer.compare);
  for (let index = 1; index < tokens.length; index += 1) {
    const token = tokens[index] as Buffer;
    let place = index;
    for (; place > 0 && Buffer.compare(tokens[place - 1] as Buffer, token) > 0; place -= 1) {
      tokens[place] = tokens[place - 1] as Buffer;
    }
    tokens[place] = token;
  }
  return tokens;
}
