/** Thrown when sealed bytes were altered, cut, mixed up or sealed under another key. It never says more than where. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  /** The file or blob as its caller names it. */
  readonly sealId: string;
  /** The chunk, from 0; absent when the header or the end is meant. */
  readonly chunkIndex: number | undefined;

  constructor(sealId: string, part: 'header' | 'end' | number) {
    super(`the seal of \`${sealId}\` is broken at ${typeof part === 'number' ? `chunk ${part}` : `its ${part}`}`);
    this.sealId = sealId;
    this.chunkIndex = typeof part === 'number' ? part : undefined;
  }
}

/** Thrown when the vault cannot be opened with the master key that is there. */
export class MasterKeyRefused extends Error {
  override readonly name = 'MasterKeyRefused';
}
