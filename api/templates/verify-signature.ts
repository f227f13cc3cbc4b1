import { calculateJwkThumbprint, compactVerify, type JWK } from 'jose';
import { ServiceError } from '../grpc/index.ts';

/** What kind of thing is signed: a signature made for something else must not pass for one over a template. */
const SIGNATURE_TYPE = 'galley-template+jws';
/** Long enough for any compact signature over a digest. */
const MAX_SIGNATURE_CHARS = 2_048;
const MAX_KEY_CHARS = 2_048;

/** A signature that holds. */
export interface Signed {
  /** The public key in its one form, a JWK as JSON. */
  readonly publicKey: string;
  /** Its thumbprint (RFC 7638). */
  readonly signer: string;
}

/** Verifies that a key has signed a digest. @throws {ServiceError} INVALID_REQUEST naming the field */
export async function verifySignature(
  digest: string,
  { signature, publicKey }: { readonly signature: string; readonly publicKey: string },
): Promise<Signed> {
  const key = readKey(publicKey);
  if (signature.length > MAX_SIGNATURE_CHARS) throw refused('signature', 'is too long');
  const payload = await payloadOf(signature, key);
  if (payload !== digest) {
    throw refused(
      'signature',
      'is of another document; sign the very bytes that are published: `galley template sign`',
    );
  }
  return { publicKey: JSON.stringify(key), signer: await calculateJwkThumbprint(key, 'sha256') };
}

async function payloadOf(signature: string, key: JWK): Promise<string> {
  try {
    const { payload, protectedHeader } = await compactVerify(signature, key, { algorithms: ['EdDSA', 'Ed25519'] });
    if (protectedHeader.typ !== SIGNATURE_TYPE) throw new Error('the signature is of something else');
    return Buffer.from(payload).toString('latin1');
  } catch {
    throw refused('signature', `does not hold: it must be a compact JWS (EdDSA, typ ${SIGNATURE_TYPE}) of this key`);
  }
}

function readKey(text: string): JWK {
  let key: JWK | null = null;
  try {
    key = text.length <= MAX_KEY_CHARS ? (JSON.parse(text) as JWK | null) : null;
  } catch {
    // The parser's own words quote the key.
  }
  if (key?.kty !== 'OKP' || key.crv !== 'Ed25519' || typeof key.x !== 'string') {
    throw refused('public_key', 'is not a JWK of an Ed25519 key');
  }
  if ('d' in key) throw refused('public_key', 'has the private half; it was not kept, but take another key');
  return { kty: 'OKP', crv: 'Ed25519', x: key.x };
}

function refused(path: string, message: string): ServiceError {
  return new ServiceError('INVALID_REQUEST', `\`${path}\` ${message}`, { fields: [{ path, message }] });
}
