// What a witness says of a checkpoint (https://c2sp.org/tlog-cosignature, version 1): at this time, this is the largest
// tree of this log that I have seen, and it goes on from every one I saw before. Ed25519, as that is what the witnesses
// there are sign with.

import { type KeyObject, sign } from 'node:crypto';
import { LogVerificationError } from '../log-verification-error.ts';
import type { NoteSignature, SignedNote } from './note.ts';
import { COSIGNATURE_TYPE, formatVerifierKey, isSignedBy, keyIdOf, type VerifierKey } from './verifier-key.ts';

/** Length of the time before the signature: seconds, big-endian. */
const TIMESTAMP_BYTES = 8;

/** A key that cosigns, with the name it does so under. */
export interface CosignatureKey {
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

/** Signs the text of a checkpoint, as seen at a time. Units: whole seconds since 1970, over 0. */
export function cosign(
  text: string,
  { name, publicKey, privateKey }: CosignatureKey,
  atSeconds: number,
): NoteSignature {
  const time = Buffer.alloc(TIMESTAMP_BYTES);
  time.writeBigUInt64BE(BigInt(atSeconds));
  const signature = sign(null, messageOf(text, BigInt(atSeconds)), privateKey);
  return { name, keyId: keyIdOf(name, publicKey, COSIGNATURE_TYPE), signature: Buffer.concat([time, signature]) };
}

/** The public half of a witness's key, as auditors take it. */
export function witnessKeyOf({ name, publicKey }: CosignatureKey): string {
  return formatVerifierKey(name, publicKey, COSIGNATURE_TYPE);
}

/**
 * When a witness signed a note, in seconds since 1970; undefined when it did not.
 *
 * @throws {LogVerificationError} `COSIGNATURE_WRONG` when a line only says that it did
 */
export function cosignedAt({ text, signatures }: SignedNote, witness: VerifierKey): number | undefined {
  const own = signatures.filter(
    ({ name, keyId }) => name === witness.name && Buffer.compare(keyId, witness.keyId) === 0,
  );
  const times = own.map(({ signature }) => {
    const bytes = Buffer.from(signature);
    const atSeconds = bytes.byteLength > TIMESTAMP_BYTES ? bytes.readBigUInt64BE(0) : 0n;
    // A time of 0 says of nothing when it was seen; one past 2^53 is no time at all.
    const isTime = atSeconds > 0n && atSeconds <= BigInt(Number.MAX_SAFE_INTEGER);
    if (!isTime || !isSignedBy(witness, messageOf(text, atSeconds), bytes.subarray(TIMESTAMP_BYTES))) {
      throw new LogVerificationError(
        'COSIGNATURE_WRONG',
        `\`${witness.name}\` did not make the cosignature of its name`,
      );
    }
    return Number(atSeconds);
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

function messageOf(text: string, atSeconds: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${atSeconds}\n${text}`, 'utf8');
}
