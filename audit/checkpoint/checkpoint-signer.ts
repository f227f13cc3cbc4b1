import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Checkpoint, formatCheckpoint } from './checkpoint.ts';
import { formatNote, parseNote } from './note.ts';
import { ED25519_KEY_BYTES, formatVerifierKey, keyIdOf } from './verifier-key.ts';

/** Signs checkpoints of one log. Asynchronous, so that the key may live where this process cannot read it. */
export interface CheckpointSigner {
  /** The log's origin, and the name of its key. */
  readonly origin: string;
  /** The public half, as verifiers take it: `origin+keyid+base64`. */
  readonly verifierKey: string;
  /** Signs a checkpoint of this origin; returns the signed note. */
  sign(tree: { readonly treeSize: number; readonly rootHash: Uint8Array }): Promise<string>;
}

// The fixed DER around a raw Ed25519 seed (RFC 8410).
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A signer whose Ed25519 key is in this process's memory, made from its 32-byte seed. */
export function signerFromSeed(origin: string, seed: Uint8Array): CheckpointSigner {
  const { privateKey, publicKey, verifierKey } = keysFromSeed(origin, seed);
  return {
    origin,
    verifierKey,
    sign: async (tree) => signCheckpoint({ origin, ...tree }, privateKey, publicKey),
  };
}

/** Both halves of the Ed25519 key that a 32-byte seed makes, under a name. */
export function keysFromSeed(name: string, seed: Uint8Array) {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = rawPublicKey(privateKey);
  return { name, privateKey, publicKey, verifierKey: formatVerifierKey(name, publicKey) };
}

/**
 * Signs with two keys of one log, as a handover from one to the other is signed. It opens the log as the old one does,
 * whose name stands for it.
 */
export function handoverSigner(from: CheckpointSigner, to: CheckpointSigner): CheckpointSigner {
  return {
    origin: from.origin,
    verifierKey: from.verifierKey,
    sign: async (tree) => {
      const [old, next] = [parseNote(await from.sign(tree)), parseNote(await to.sign(tree))];
      return formatNote({ text: old.text, signatures: [...old.signatures, ...next.signatures] });
    },
  };
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return spki.subarray(spki.byteLength - ED25519_KEY_BYTES);
}

function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject, publicKey: Uint8Array): string {
  const text = formatCheckpoint(checkpoint);
  const signature = sign(null, Buffer.from(text, 'utf8'), privateKey);
  const { origin } = checkpoint;
  return formatNote({ text, signatures: [{ name: origin, keyId: keyIdOf(origin, publicKey), signature }] });
}
