// The key that signs receipts. It is not the log's: a receipt is signed for each release, by a process that many reach,
// and what it says is bound by the log whoever signs.
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose';
import { RECEIPT_ALGORITHM, RECEIPT_TYPE, type ReceiptClaims, receiptKeyId } from '../../audit/index.ts';
import type { Store } from '../store/index.ts';
import { createDurably, syncDirectory } from '../vault/index.ts';
import { KeysRefused } from './keys-refused.ts';

/** Largest key file: three numbers of 32 bytes; a wrong path must not pull a large file into memory. */
const MAX_KEY_FILE_BYTES = 4_096;

/** Signs receipts. */
export interface ReceiptKey {
  /** Its thumbprint (RFC 7638). */
  readonly kid: string;
  /** The public half, as a JWK writes it. */
  readonly x: string;
  /** Signs what a receipt says; answers a JWS in compact form. */
  readonly sign: (claims: ReceiptClaims) => Promise<string>;
}

const keyFile = (dataDirectory: string): string => join(dataDirectory, 'keys', 'receipt.key');
const nextFile = (dataDirectory: string): string => `${keyFile(dataDirectory)}.next`;

/**
 * Opens the key of receipts, and makes the first. The newest that was announced decides: a change of it that a crash cut
 * off is brought to its end.
 *
 * @throws {KeysRefused} when the file holds another key than the newest one
 */
export async function openReceiptKey(dataDirectory: string, store: Store): Promise<ReceiptKey> {
  const newest = await newestReceiptKey(store);
  if (newest === undefined) return await openOrMake(keyFile(dataDirectory));
  const key = await readKey(keyFile(dataDirectory));
  if (key?.kid === newest.kid) return key;
  const next = await readKey(nextFile(dataDirectory));
  if (next?.kid === newest.kid) {
    await promoteReceiptKey(dataDirectory);
    return next;
  }
  throw new KeysRefused(
    '`keys/receipt.key` does not hold the newest key that the log has announced; restore it, or run `galley keys rotate-receipts`',
  );
}

/** The newest key that the log has announced; undefined before the first. */
export async function newestReceiptKey({ db }: Store) {
  return await db.selectFrom('receipt_keys').selectAll().orderBy('leaf_index', 'desc').limit(1).executeTakeFirst();
}

/** Opens the key that comes after the one in use, and makes it when there is none. */
export async function openNextReceiptKey(dataDirectory: string): Promise<ReceiptKey> {
  return await openOrMake(nextFile(dataDirectory));
}

/** Puts the next key in the place of the one in use, which is gone. */
export async function promoteReceiptKey(dataDirectory: string): Promise<void> {
  await rename(nextFile(dataDirectory), keyFile(dataDirectory));
  await syncDirectory(dirname(keyFile(dataDirectory)));
}

async function openOrMake(file: string): Promise<ReceiptKey> {
  const existing = await readKey(file);
  if (existing !== undefined) return existing;
  const { privateKey } = await generateKeyPair(RECEIPT_ALGORITHM, { crv: 'Ed25519', extractable: true });
  const { kty, crv, x, d } = await exportJWK(privateKey);
  await createDurably(file, Buffer.from(`${JSON.stringify({ kty, crv, x, d })}\n`));
  const made = await readKey(file);
  if (made === undefined) throw new KeysRefused('a key of receipts was removed while it was made');
  return made;
}

async function readKey(file: string): Promise<ReceiptKey | undefined> {
  const text = await readPrivately(file);
  return text === undefined ? undefined : await parseKey(text, file);
}

async function parseKey(text: string, file: string): Promise<ReceiptKey> {
  const jwk = parseJson(text);
  if (jwk?.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.x !== 'string' || typeof jwk.d !== 'string') {
    throw new KeysRefused(`\`${file}\` does not hold a key of receipts`);
  }
  const { x } = jwk;
  const kid = await receiptKeyId({ kty: 'OKP', crv: 'Ed25519', x });
  const header = { alg: RECEIPT_ALGORITHM, kid, typ: RECEIPT_TYPE };
  return {
    kid,
    x,
    sign: async (claims) =>
      await new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader(header).sign(jwk),
  };
}

function parseJson(text: string): JWK | undefined {
  try {
    return JSON.parse(text) as JWK;
  } catch {
    // The parser's own words quote the key.
    return undefined;
  }
}

async function readPrivately(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, 'r');
    const { mode, size } = await handle.stat();
    if ((mode & 0o077) !== 0) throw new KeysRefused(`\`${file}\` can be read by others than its owner`);
    if (size > MAX_KEY_FILE_BYTES) throw new KeysRefused(`\`${file}\` is too large to be a key`);
    return await handle.readFile('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
