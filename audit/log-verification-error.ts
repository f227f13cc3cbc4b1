import type { EntryFault } from './entry/index.ts';

/** Everything that can be wrong with a proof, a checkpoint or a log; the list is closed. */
export type LogVerificationCode =
  | EntryFault
  | 'HASH_LENGTH_WRONG'
  | 'TREE_SIZE_INVALID'
  | 'LEAF_INDEX_OUTSIDE_TREE'
  | 'PROOF_LENGTH_WRONG'
  | 'ROOT_HASH_MISMATCH'
  | 'VERIFIER_KEY_MALFORMED'
  | 'NOTE_MALFORMED'
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_WRONG'
  | 'CHECKPOINT_MALFORMED'
  | 'ORIGIN_MISMATCH'
  | 'TREE_SIZE_MISMATCH'
  | 'LOG_ROLLED_BACK'
  | 'LOG_FORKED'
  | 'ENTRY_BACKDATED'
  | 'RELEASE_WITHOUT_QUESTION'
  | 'RELEASE_NOT_RESERVED'
  | 'RELEASE_NOT_ADMITTED'
  | 'RESERVED_AFTER_RELEASE';

/**
 * A proof, checkpoint or log that does not hold; `code` says which promise is broken, `leafIndex` where, if at a leaf.
 */
export class LogVerificationError extends Error {
  readonly code: LogVerificationCode;
  readonly leafIndex: number | null;

  constructor(code: LogVerificationCode, message: string, leafIndex: number | null = null) {
    super(message);
    this.name = 'LogVerificationError';
    this.code = code;
    this.leafIndex = leafIndex;
  }
}
