import { readFile } from 'node:fs/promises';
import { type VerifiedReceipt, verifyReceipt } from '../../audit/index.ts';

/** A receipt that was verified here. */
export type { VerifiedReceipt };

/** What is verified: files, all on this machine. */
export interface ReceiptFiles {
  /** The bundle, as it was saved. */
  readonly receipt: string;
  /** The key of the log: a file that holds it, or the key itself. */
  readonly verifierKey: string;
  /** The release, as it was saved. */
  readonly release?: string | undefined;
  /** The SQL, as it was submitted. */
  readonly query?: string | undefined;
}

/**
 * Verifies a receipt here, from files alone: no service is asked.
 *
 * @throws {Error} with the code of the first broken promise
 */
export async function verifyReceiptFile(files: ReceiptFiles): Promise<VerifiedReceipt> {
  const verifierKey = await readVerifierKey(files.verifierKey);
  const [release, query] = await Promise.all([files.release, files.query].map(readIfNamed));
  return await verifyReceipt(await readFile(files.receipt, 'utf8'), { verifierKey, release, query });
}

/** A key in the note format has two `+`; a path seldom does, and is tried when the text is no key. */
async function readVerifierKey(told: string): Promise<string> {
  if (/^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(told)) return told;
  return (await readFile(told, 'utf8')).trim();
}

async function readIfNamed(file: string | undefined): Promise<Uint8Array | undefined> {
  return file === undefined ? undefined : await readFile(file);
}
