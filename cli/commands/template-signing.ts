import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose';
import { UsageFault } from './command-failure.ts';

/** What kind of thing is signed. */
const SIGNATURE_TYPE = 'galley-template+jws';

/** A signature with the key that checks it, as the file beside a document has them. */
export interface TemplateSignature {
  readonly signature: string;
  /** A JWK as JSON. */
  readonly publicKey: string;
}

/** The file that a document's signature is kept in. */
export function signatureFile(documentFile: string): string {
  return `${documentFile}.signature`;
}

/** Makes a key for signing templates and writes it into a new file that its owner alone can read. */
export async function makeSigningKey(file: string): Promise<void> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const { kty, crv, x, d } = await exportJWK(privateKey);
  // `wx`: a key that signed something must not be written over.
  writeFileSync(file, `${JSON.stringify({ kty, crv, x, d })}\n`, { mode: 0o600, flag: 'wx' });
}

/** Signs a document, its very bytes, and writes the signature beside it. Answers the digest. */
export async function signTemplate(documentFile: string, keyFile: string): Promise<string> {
  const key = readKey(keyFile);
  const digest = createHash('sha256').update(readFileSync(documentFile)).digest('hex');
  const signature = await new CompactSign(Buffer.from(digest))
    .setProtectedHeader({ alg: 'EdDSA', typ: SIGNATURE_TYPE })
    .sign(key);
  const publicKey = JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: key.x });
  writeFileSync(signatureFile(documentFile), `${JSON.stringify({ signature, publicKey })}\n`);
  return digest;
}

/** Reads the signature beside a document. @throws {UsageFault} when there is none */
export function readSignature(documentFile: string): TemplateSignature {
  const file = signatureFile(documentFile);
  try {
    const { signature, publicKey } = JSON.parse(readFileSync(file, 'utf8')) as Partial<TemplateSignature>;
    if (typeof signature === 'string' && typeof publicKey === 'string') return { signature, publicKey };
  } catch {
    // What stands there, if anything, is no signature; the next line says what to do.
  }
  throw new UsageFault(`\`${file}\` holds no signature; make one with \`galley template sign\``);
}

function readKey(file: string): JWK {
  let key: JWK | undefined;
  try {
    key = JSON.parse(readFileSync(file, 'utf8')) as JWK;
  } catch (cause) {
    // The parser's own words would quote the key.
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  if (key?.kty === 'OKP' && key.crv === 'Ed25519' && typeof key.d === 'string') return key;
  throw new UsageFault(`\`${file}\` is no signing key; make one with \`galley template key\``);
}
