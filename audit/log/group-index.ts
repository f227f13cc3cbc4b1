/** Where each group commit starts in the file: two numbers a group, so that a read goes straight to its leaf. */
export class GroupIndex {
  readonly #firstLeafIndexes: number[] = [];
  readonly #offsets: number[] = [];
  #treeSize = 0;
  #byteLength = 0;

  /** Leaves in all groups. */
  get treeSize(): number {
    return this.#treeSize;
  }

  /** Bytes of the file that all groups take. */
  get byteLength(): number {
    return this.#byteLength;
  }

  add(leafCount: number, byteLength: number): void {
    this.#firstLeafIndexes.push(this.#treeSize);
    this.#offsets.push(this.#byteLength);
    this.#treeSize += leafCount;
    this.#byteLength += byteLength;
  }

  /** Offset of the group that holds a leaf; `leafIndex` smaller than `treeSize`. */
  offsetOf(leafIndex: number): number {
    let low = 0;
    let high = this.#firstLeafIndexes.length;
    // INVARIANT: the group sought is in [low, high).
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#firstLeafIndexes[middle] ?? 0) <= leafIndex) low = middle;
      else high = middle;
    }
    return this.#offsets[low] ?? 0;
  }
}
