/** Where a seal is broken: the header, the end, or a chunk by its index. */
export type BrokenPart = 'header' | 'end' | number;

/** Thrown when sealed bytes were altered, cut, mixed up or sealed under another key. It never says more than where. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  /** The file or blob as its caller names it. */
  readonly sealId: string;
  /** The chunk, from 0; absent when the header or the end is meant. */
  readonly chunkIndex: number | undefined;
  /** The part that is broken. */
  readonly part: BrokenPart;

  constructor(sealId: string, part: BrokenPart) {
    super(`the seal of \`${sealId}\` is broken at ${typeof part === 'number' ? `chunk ${part}` : `its ${part}`}`);
    this.sealId = sealId;
    this.part = part;
    this.chunkIndex = typeof part === 'number' ? part : undefined;
  }
}

/** Thrown when the vault cannot be opened with the master key that is there. */
export class MasterKeyRefused extends Error {
  override readonly name = 'MasterKeyRefused';
}

/** Thrown for files of a dataset whose key was destroyed: nobody can open or make them any more. */
export class KeyDestroyed extends Error {
  override readonly name = 'KeyDestroyed';

  constructor(owner: string) {
    super(`the key of \`${owner}\` was destroyed`);
  }
}
