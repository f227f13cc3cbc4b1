import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JsonValue } from '../entry/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';

/** The `typ` of a receipt (RFC 7515): no other signed text of the service can be taken for one. */
export const RECEIPT_TYPE = 'galley-receipt+jwt';

/** The one algorithm of receipts. A verifier that let the receipt choose could be told to choose none. */
export const RECEIPT_ALGORITHM = 'EdDSA';

/** What a receipt says of its subject. The entry has the digest of it, so that the log binds every word. */
export type ReceiptStatement = { readonly [name: string]: JsonValue };

/** What a receipt says. */
export interface ReceiptClaims {
  /** The log's origin. */
  readonly iss: string;
  /** `question/<id>` or `activation/<id>`. */
  readonly sub: string;
  /** When it was signed, in seconds; the log's entry has the time that counts. */
  readonly iat: number;
  readonly statement: ReceiptStatement;
  /** Where the entry stands. */
  readonly log: { readonly leafIndex: number; readonly leafHash: string; readonly treeSize: number };
}

/** The digest by which an entry binds what its receipt says: SHA-256 of its RFC 8785 form, in hex. */
export function statementDigest(statement: ReceiptStatement): string {
  return hash('sha256', canonicalize(statement) ?? '', 'hex');
}

/**
 * The digest by which a receipt binds bytes: SHA-256 of a salt of 32 bytes and the bytes, in hex. Noisy counts have few
 * values, and without a salt could be tried.
 */
export function saltedDigest(saltHex: string, content: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(saltHex, 'hex'), content]), 'hex');
}

/** Reads the claims of a receipt whose signature holds. @throws {LogVerificationError} `RECEIPT_MALFORMED` */
export function readClaims(payload: Uint8Array): ReceiptClaims {
  const claims = fieldsOf(parse(payload), ['iss', 'sub', 'iat', 'statement', 'log']);
  const place = fieldsOf(claims.log, ['leafIndex', 'leafHash', 'treeSize']);
  const { iss, sub, iat, statement } = claims;
  const { leafIndex, leafHash, treeSize } = place;
  if (typeof iss !== 'string' || typeof sub !== 'string' || !isIndex(iat)) throw malformedReceipt();
  if (!isIndex(leafIndex) || typeof leafHash !== 'string' || !isIndex(treeSize)) throw malformedReceipt();
  return { iss, sub, iat, statement: objectOf(statement) as ReceiptStatement, log: { leafIndex, leafHash, treeSize } };
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    throw malformedReceipt();
  }
}

function fieldsOf(value: unknown, names: readonly string[]): { readonly [name: string]: unknown } {
  const found = objectOf(value);
  const isExact = Object.keys(found).length === names.length && names.every((name) => Object.hasOwn(found, name));
  if (isExact) return found;
  throw malformedReceipt();
}

function objectOf(value: unknown): { readonly [name: string]: unknown } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw malformedReceipt();
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The fault of a receipt that is not of its form. */
export function malformedReceipt(): LogVerificationError {
  return new LogVerificationError(
    'RECEIPT_MALFORMED',
    'receipt is not a signed statement of the form that is known here',
  );
}
