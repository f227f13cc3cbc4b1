import { grown } from './node-table.ts';

const FIRST_CAPACITY_COUNT = 256;

/** Pairs of node indices, eight bytes each; sorted, equal ones stand together. */
export class PairList {
  /** The second before the first: as little-endian 64-bit numbers they are ordered by the first, then the second. */
  #words: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_CAPACITY_COUNT * 2);
  count = 0;

  add(first: number, second: number): void {
    const at = this.count * 2;
    if (at === this.#words.length) this.#words = grown(this.#words);
    this.#words[at] = second;
    this.#words[at + 1] = first;
    this.count += 1;
  }

  first(index: number): number {
    return this.#words[index * 2 + 1] as number;
  }

  second(index: number): number {
    return this.#words[index * 2] as number;
  }

  /** Sorts by the first, then the second, and leaves each pair once. */
  sortDistinct(): void {
    const words = new BigUint64Array(this.#words.buffer, 0, this.count);
    words.sort();
    let kept = 0;
    for (let index = 0; index < this.count; index += 1) {
      const [first, second] = [this.first(index), this.second(index)];
      if (kept > 0 && this.first(kept - 1) === first && this.second(kept - 1) === second) continue;
      this.#words[kept * 2] = second;
      this.#words[kept * 2 + 1] = first;
      kept += 1;
    }
    this.count = kept;
  }
}
