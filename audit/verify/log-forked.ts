import { LogVerificationError } from '../log-verification-error.ts';

/** A tree that was signed, with the note it was signed in. */
interface ForkedTree {
  readonly treeSize: number;
  readonly note: string;
}

/** Two trees of one log, both signed, of which neither is the beginning of the other: the split view itself. */
export class LogForked extends LogVerificationError {
  /** The two notes, the smaller tree first. */
  readonly notes: readonly [string, string];

  /** @param agreedSize the size up to which both are known to be the same */
  constructor(earlier: ForkedTree, later: ForkedTree, agreedSize: number) {
    const place = agreedSize === earlier.treeSize ? '' : `; they part at or after entry ${agreedSize}`;
    const message = `log once signed another tree of ${earlier.treeSize} entries than it shows now${place}`;
    super('LOG_FORKED', message, agreedSize);
    this.notes = [earlier.note, later.note];
  }
}
