import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { expectCode } from '../testdata/expect-code.ts';
import { ORIGIN, testSigner } from '../testdata/kitchen-log.ts';
import { parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { formatNote, parseNote } from './note.ts';
import { formatVerifierKey, keyIdOf } from './verifier-key.ts';

const rootHash = new Uint8Array(32).fill(9);
const signer = testSigner();
const note = await signer.sign({ treeSize: 12, rootHash });

/** Signs any text as the log's own key would, to see what the checkpoint format itself refuses. */
async function signedText(text: string): Promise<{ note: string; verifierKey: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const signature = sign(null, Buffer.from(text, 'utf8'), privateKey);
  const signatures = [{ name: ORIGIN, keyId: keyIdOf(ORIGIN, raw), signature }];
  return { note: formatNote({ text, signatures }), verifierKey: formatVerifierKey(ORIGIN, raw) };
}

describe('a checkpoint', () => {
  it('says the origin, the size and the root, and is believed under its key', () => {
    expect(note).toMatch(
      /^kitchen\.example\/log\n12\nCQkJ[A-Za-z0-9/+]+=\n\n— kitchen\.example\/log [A-Za-z0-9/+=]+\n$/,
    );
    const checkpoint = verifyCheckpoint(note, signer.verifierKey);
    expect(checkpoint).toEqual({ origin: ORIGIN, treeSize: 12, rootHash: Buffer.from(rootHash) });
    expect(parseCheckpoint(note)).toEqual(checkpoint);
  });

  it('carries a signature that another Ed25519 verifier accepts over the text alone', () => {
    const { text, signatures } = parseNote(note);
    const raw = Buffer.from(signer.verifierKey.split('+').slice(2).join('+'), 'base64').subarray(1);
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
      format: 'jwk',
    });
    expect(text).toBe(`${ORIGIN}\n12\n${Buffer.from(rootHash).toString('base64')}\n`);
    expect(verify(null, Buffer.from(text), publicKey, signatures[0]?.signature as Uint8Array)).toBe(true);
  });

  it('is refused with a forged signature', async () => {
    const forged = await testSigner(ORIGIN, 8).sign({ treeSize: 12, rootHash });
    await expectCode(() => verifyCheckpoint(forged, signer.verifierKey), 'SIGNATURE_MISSING');
    await expectCode(() => verifyCheckpoint(note.replace('\n12\n', '\n13\n'), signer.verifierKey), 'SIGNATURE_WRONG');
    // The forger copies the true key's name and id onto a signature of their own.
    const [own, theirs] = [parseNote(note), parseNote(forged)];
    const signatures = own.signatures.map((line) => ({
      ...line,
      signature: theirs.signatures[0]?.signature as Uint8Array,
    }));
    await expectCode(
      () => verifyCheckpoint(formatNote({ text: own.text, signatures }), signer.verifierKey),
      'SIGNATURE_WRONG',
    );
  });

  it('is refused under the key of another log, and for another origin under its own key', async () => {
    await expectCode(() => verifyCheckpoint(note, testSigner('other.example/log').verifierKey), 'SIGNATURE_MISSING');
    const other = await signedText(`other.example/log\n12\n${Buffer.from(rootHash).toString('base64')}\n`);
    await expectCode(() => verifyCheckpoint(other.note, other.verifierKey), 'ORIGIN_MISMATCH');
  });

  it('is refused when its signed text is not of the format', async () => {
    const root = Buffer.from(rootHash).toString('base64');
    const texts = [
      `${ORIGIN}\n012\n${root}\n`,
      `${ORIGIN}\n-1\n${root}\n`,
      `${ORIGIN}\n99999999999999999999\n${root}\n`,
      `${ORIGIN}\n12\n${root.slice(0, -4)}\n`,
      `${ORIGIN}\n12\n${root.slice(0, -1)}\n`,
      `${ORIGIN}\n12\n`,
      `${ORIGIN}\n12\n${root}\n\nextension\n`,
    ];
    for (const text of texts) {
      const signed = await signedText(text);
      await expectCode(() => verifyCheckpoint(signed.note, signed.verifierKey), 'CHECKPOINT_MALFORMED');
    }
  });

  it('may carry extension lines, which are signed and passed over', async () => {
    const signed = await signedText(`${ORIGIN}\n0\n${Buffer.from(rootHash).toString('base64')}\nextension\n`);
    expect(verifyCheckpoint(signed.note, signed.verifierKey).treeSize).toBe(0);
  });
});
