import { calculateJwkThumbprint } from 'jose';
import { type Checkpoint, type ProvenLeaf, verifyProvenLeaf } from '../checkpoint/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';

/** The public half of a key of receipts, as RFC 8037 writes it. */
export interface ReceiptJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

/** A key of receipts as the log announced it. */
export interface AnnouncedReceiptKey {
  /** Its thumbprint (RFC 7638): nobody can give it to another key. */
  readonly kid: string;
  readonly jwk: ReceiptJwk;
  /** The entry that announced it: it signs receipts of later entries. */
  readonly leafIndex: number;
  /** The entry that announced the next one; null while it is the newest. */
  readonly untilIndex: number | null;
  /** It was replaced because somebody else may have it. */
  readonly isWithdrawn: boolean;
}

/** What the name of a key of receipts is made of. */
export async function receiptKeyId({ kty, crv, x }: ReceiptJwk): Promise<string> {
  return await calculateJwkThumbprint({ kty, crv, x }, 'sha256');
}

/**
 * The keys of receipts that a log announced, each proved in the checkpoint's tree.
 *
 * Each announcement names the key it replaces, so that none can be left out between two others.
 *
 * @throws {LogVerificationError} `RECEIPT_KEYS_BROKEN`, or what is wrong with a proof
 */
export async function verifyReceiptKeys(
  announcements: readonly ProvenLeaf[],
  checkpoint: Checkpoint,
): Promise<readonly AnnouncedReceiptKey[]> {
  const keys: AnnouncedReceiptKey[] = [];
  for (const announcement of announcements) {
    const { leafIndex } = announcement;
    const { kind, subject } = verifyProvenLeaf(announcement, checkpoint);
    const before = keys.at(-1);
    const { kid, x, replaces, isCompromised } = subject;
    if (kind !== 'receipt-key-announced' || typeof kid !== 'string' || typeof x !== 'string') {
      throw broken('entry does not announce a key of receipts', leafIndex);
    }
    if (replaces !== (before?.kid ?? null) || leafIndex <= (before?.leafIndex ?? -1)) {
      throw broken('announcement does not follow the one before it', leafIndex);
    }
    const jwk: ReceiptJwk = { kty: 'OKP', crv: 'Ed25519', x };
    if (kid !== (await receiptKeyId(jwk))) throw broken('announced key has the name of another', leafIndex);
    if (before !== undefined) {
      keys.splice(-1, 1, { ...before, untilIndex: leafIndex, isWithdrawn: isCompromised === true });
    }
    keys.push({ kid, jwk, leafIndex, untilIndex: null, isWithdrawn: false });
  }
  return keys;
}

function broken(what: string, leafIndex: number): LogVerificationError {
  return new LogVerificationError('RECEIPT_KEYS_BROKEN', what, leafIndex);
}
