// A receipt with everything that verifies it: whoever has this and one key of the log, pinned years ago, needs nothing
// else and asks nobody.

import {
  encodeBase64,
  type KeyHistory,
  keyHistoryJson,
  malformed,
  type ProvenLeaf,
  parseProofFile,
  provenLeafJson,
  readFields,
  readHashes,
  readKeyHistory,
  readList,
  readProvenLeaf,
  readString,
} from '../checkpoint/index.ts';

/** The version of the bundle's shape. */
const BUNDLE_VERSION = 1;

/** Largest bundle that is read: one with a leaf of the most bytes and a change of each key every week for a century. */
const MAX_BUNDLE_BYTES = 67_108_864;

/** Most keys of receipts that a bundle may name: one a week for a century. */
const MAX_RECEIPT_KEYS_COUNT = 5_200;

/** Most proofs from a handover to the checkpoint; one for each handover. */
const MAX_CONSISTENCY_PROOFS_COUNT = 5_200;

/** What opens the salted digests of a receipt, in hex; null for what is not there, or not the reader's. */
export interface ReceiptSalts {
  readonly query: string | null;
  readonly output: string | null;
}

/** A receipt and its proofs. Nothing is verified yet. */
export interface ReceiptBundle {
  /** A JWS in compact form (RFC 7515). */
  readonly receipt: string;
  /** The entry that it is a receipt of. */
  readonly entry: ProvenLeaf;
  /** The signed tree that all proofs lead to. */
  readonly checkpoint: string;
  /** The entries that announced keys of receipts, oldest first. */
  readonly receiptKeys: readonly ProvenLeaf[];
  readonly logKeys: KeyHistory;
  /** For each handover of the log's key the proof that the checkpoint's tree goes on from its tree. */
  readonly consistencyProofs: readonly (readonly Uint8Array[])[];
  readonly salts: ReceiptSalts;
}

/** Writes a bundle as a file. */
export function formatReceiptBundle(bundle: ReceiptBundle): string {
  const { receipt, entry, checkpoint, receiptKeys, logKeys, consistencyProofs, salts } = bundle;
  const value = {
    version: BUNDLE_VERSION,
    receipt,
    entry: provenLeafJson(entry),
    checkpoint,
    receiptKeys: receiptKeys.map(provenLeafJson),
    logKeys: keyHistoryJson(logKeys),
    consistencyProofs: consistencyProofs.map((proof) => proof.map(encodeBase64)),
    salts: { query: salts.query, output: salts.output },
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Reads the file of a bundle, and believes nothing of it. @throws {LogVerificationError} `PROOF_FILE_MALFORMED` */
export function parseReceiptBundle(text: string): ReceiptBundle {
  if (Buffer.byteLength(text) > MAX_BUNDLE_BYTES) throw malformed('receipt', 'is too large');
  const fields = readFields(parseProofFile(text, 'receipt'), 'bundle', [
    'version',
    'receipt',
    'entry',
    'checkpoint',
    'receiptKeys',
    'logKeys',
    'consistencyProofs',
    'salts',
  ]);
  if (fields.version !== BUNDLE_VERSION) throw malformed('version', 'is not known to this verifier');
  return {
    receipt: readString(fields.receipt, 'receipt'),
    entry: readProvenLeaf(fields.entry, 'entry'),
    checkpoint: readString(fields.checkpoint, 'checkpoint'),
    receiptKeys: readList(fields.receiptKeys, 'receiptKeys', {
      maxCount: MAX_RECEIPT_KEYS_COUNT,
      read: readProvenLeaf,
    }),
    logKeys: readKeyHistory(fields.logKeys, 'logKeys'),
    consistencyProofs: readList(fields.consistencyProofs, 'consistencyProofs', {
      maxCount: MAX_CONSISTENCY_PROOFS_COUNT,
      read: readHashes,
    }),
    salts: readSalts(fields.salts),
  };
}

function readSalts(value: unknown): ReceiptSalts {
  const { query, output } = readFields(value, 'salts', ['query', 'output']);
  return { query: readSalt(query, 'salts.query'), output: readSalt(output, 'salts.output') };
}

function readSalt(value: unknown, place: string): string | null {
  if (value === null || (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value))) return value;
  throw malformed(place, 'is not 32 bytes in hexadecimal');
}
