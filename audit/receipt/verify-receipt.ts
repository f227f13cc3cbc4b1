import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import {
  type Checkpoint,
  type VerifiedKeyHistory,
  verifyCheckpointByHistory,
  verifyKeyHistory,
  verifyProvenLeaf,
} from '../checkpoint/index.ts';
import type { Entry, EntryKind } from '../entry/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { leafHash, verifyConsistency } from '../merkle/index.ts';
import { parseReceiptBundle, type ReceiptBundle } from './receipt-bundle.ts';
import {
  malformedReceipt,
  RECEIPT_ALGORITHM,
  RECEIPT_TYPE,
  type ReceiptClaims,
  readClaims,
  saltedDigest,
  statementDigest,
} from './receipt-claims.ts';
import { type AnnouncedReceiptKey, verifyReceiptKeys } from './receipt-keys.ts';

/** What the verifier brings. */
export interface VerifyReceiptOptions {
  /** A key of the log that the verifier trusts, in the note format. */
  readonly verifierKey: string;
  /** The release as it was fetched, byte for byte. */
  readonly release?: Uint8Array | undefined;
  /** The SQL as it was submitted, byte for byte. */
  readonly query?: Uint8Array | undefined;
}

/** A receipt that holds. */
export interface VerifiedReceipt extends ReceiptClaims {
  /** The entry that it is a receipt of: its time is the time that counts. */
  readonly entry: Entry;
  /** The tree in which all of it was proved. */
  readonly checkpoint: Checkpoint;
  readonly kid: string;
  /** The key was given up later, as somebody else may have it. What the receipt says is bound by the log all the same. */
  readonly isKeyWithdrawn: boolean;
  /** Whether the release, and the SQL, were compared. */
  readonly compared: { readonly release: boolean; readonly query: boolean };
}

/** The kinds of entry that have receipts, and the field that names what each is a receipt of. */
const SUBJECTS: { readonly [Kind in EntryKind]?: 'question' | 'activation' } = {
  'release-made': 'question',
  'release-reused': 'question',
  'audience-activated': 'activation',
};

/**
 * Verifies a receipt offline, from its bundle and one key of the log.
 *
 * @throws {LogVerificationError} with the code of the first promise found broken
 */
export async function verifyReceipt(bundleText: string, options: VerifyReceiptOptions): Promise<VerifiedReceipt> {
  const bundle = parseReceiptBundle(bundleText);
  const history = verifyKeyHistory(bundle.logKeys, options.verifierKey);
  const checkpoint = verifyNewestCheckpoint(bundle, history);
  const keys = await verifyReceiptKeys(bundle.receiptKeys, checkpoint);
  const entry = verifyProvenLeaf(bundle.entry, checkpoint);
  const { claims, key } = await verifySignature(bundle.receipt, keys);
  assertKeyInForce(key, bundle.entry.leafIndex);
  assertSaysTheSame(claims, { bundle, entry, history, checkpoint });
  return {
    ...claims,
    entry,
    checkpoint,
    kid: key.kid,
    isKeyWithdrawn: key.isWithdrawn,
    compared: {
      release: compare(options.release, claims.statement.output, { salt: bundle.salts.output, what: 'release' }),
      query: compare(options.query, claims.statement.query, { salt: bundle.salts.query, what: 'query' }),
    },
  };
}

/** Signed by the key in force, over a tree that goes on from every tree at which the key changed. */
function verifyNewestCheckpoint(bundle: ReceiptBundle, history: VerifiedKeyHistory): Checkpoint {
  const checkpoint = verifyCheckpointByHistory(bundle.checkpoint, history);
  const { treeSize: secondSize, rootHash: secondRoot } = checkpoint;
  if (bundle.consistencyProofs.length !== history.handovers.length) {
    throw new LogVerificationError('PROOF_FILE_MALFORMED', '`consistencyProofs` is not one proof for each handover');
  }
  for (const [index, { treeSize: firstSize, rootHash: firstRoot }] of history.handovers.entries()) {
    const proof = bundle.consistencyProofs[index] ?? [];
    verifyConsistency({ firstSize, firstRoot, secondSize, secondRoot, proof });
  }
  return checkpoint;
}

/** What is signed, and by which announced key. The receipt chooses neither the algorithm nor the kind of key. */
async function verifySignature(
  receipt: string,
  keys: readonly AnnouncedReceiptKey[],
): Promise<{ claims: ReceiptClaims; key: AnnouncedReceiptKey }> {
  const header = headerOf(receipt);
  // Exactly these: a header that says more may change what the signature covers.
  if (Object.keys(header).toSorted().join() !== 'alg,kid,typ' || header.typ !== RECEIPT_TYPE) throw malformedReceipt();
  if (header.alg !== RECEIPT_ALGORITHM) {
    throw new LogVerificationError('RECEIPT_ALGORITHM_REFUSED', `receipt is not signed by \`${RECEIPT_ALGORITHM}\``);
  }
  const key = keys.find(({ kid }) => kid === header.kid);
  if (key === undefined) {
    throw new LogVerificationError('RECEIPT_KEY_UNKNOWN', 'receipt names a key that the log has not announced');
  }
  const publicKey = await importJWK(key.jwk, RECEIPT_ALGORITHM);
  const { payload } = await compactVerify(receipt, publicKey, { algorithms: [RECEIPT_ALGORITHM] }).catch(() => {
    throw new LogVerificationError('RECEIPT_SIGNATURE_WRONG', 'receipt is not signed by the key it names');
  });
  return { claims: readClaims(payload), key };
}

function headerOf(receipt: string): { readonly [name: string]: unknown } {
  try {
    return decodeProtectedHeader(receipt);
  } catch {
    throw malformedReceipt();
  }
}

/** The log dates a receipt: whoever has a key that was given up cannot move an entry to where the key was good. */
function assertKeyInForce({ leafIndex, untilIndex, isWithdrawn }: AnnouncedReceiptKey, at: number): void {
  if (at <= leafIndex) {
    throw new LogVerificationError(
      'RECEIPT_KEY_NOT_IN_FORCE',
      'receipt is of an entry before its key was announced',
      at,
    );
  }
  if (untilIndex === null || at < untilIndex) return;
  if (isWithdrawn)
    throw new LogVerificationError('RECEIPT_KEY_WITHDRAWN', 'receipt is signed by a key given up before', at);
  throw new LogVerificationError(
    'RECEIPT_KEY_NOT_IN_FORCE',
    'receipt is signed by a key replaced before its entry',
    at,
  );
}

interface Proved {
  readonly bundle: ReceiptBundle;
  readonly entry: Entry;
  readonly history: VerifiedKeyHistory;
  readonly checkpoint: Checkpoint;
}

/** The receipt says what the log says, word for word: its signer alone could else say anything. */
function assertSaysTheSame({ iss, sub, log, statement }: ReceiptClaims, proved: Proved): void {
  const { bundle, entry, history, checkpoint } = proved;
  const { leafIndex, leaf } = bundle.entry;
  if (iss !== history.origin) {
    throw new LogVerificationError(
      'RECEIPT_OF_ANOTHER_LOG',
      'receipt names another log than the one that holds its entry',
    );
  }
  const differ = (what: string): LogVerificationError =>
    new LogVerificationError('RECEIPT_DIFFERS_FROM_LEAF', `receipt and entry differ in ${what}`, leafIndex);
  if (log.leafIndex !== leafIndex) throw differ('the place in the log');
  if (log.leafHash !== Buffer.from(leafHash(leaf)).toString('hex')) throw differ('the hash of the leaf');
  if (log.treeSize <= leafIndex || log.treeSize > checkpoint.treeSize) throw differ('the size of the log');
  const subject = SUBJECTS[entry.kind];
  if (subject === undefined || sub !== `${subject}/${String(entry.subject[subject])}`) throw differ('the subject');
  if (statement[subject] !== entry.subject[subject]) throw differ('the subject');
  if (statement.collaboration !== entry.collaboration) throw differ('the collaboration');
  if (entry.subject.receipt !== statementDigest(statement)) throw differ('what is said of the subject');
}

interface Opening {
  readonly salt: string | null;
  readonly what: 'release' | 'query';
}

function compare(content: Uint8Array | undefined, digest: unknown, { salt, what }: Opening): boolean {
  if (content === undefined) return false;
  if (salt === null || typeof digest !== 'string') {
    throw new LogVerificationError(
      'RECEIPT_SALT_MISSING',
      `receipt has no salt with which its ${what} could be compared`,
    );
  }
  if (saltedDigest(salt, content) === digest) return true;
  const code = what === 'release' ? 'RELEASE_DIFFERS' : 'QUERY_DIFFERS';
  throw new LogVerificationError(code, `${what} is not the one that the receipt is of`);
}
