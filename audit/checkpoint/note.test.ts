import { describe, expect, it } from 'vitest';
import { expectCode } from '../testdata/expect-code.ts';
import { signerFromSeed } from './checkpoint-signer.ts';
import { parseKey } from './key-file.ts';
import { assertSignedBy, formatNote, MAX_NOTE_SIGNATURES_COUNT, parseNote } from './note.ts';
import { parseVerifierKey } from './verifier-key.ts';

// The key and note that the format's reference implementation publishes:
// https://pkg.go.dev/golang.org/x/mod/sumdb/note (its private half is public, and signs nothing of ours).
const verifierKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const signerKey = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const signatureLine =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const note = `${text}\n${signatureLine}`;
const key = parseVerifierKey(verifierKey);

describe('a signed note', () => {
  it('verifies when it is the published one, and is written back byte for byte', () => {
    const parsed = parseNote(note);
    assertSignedBy(parsed, key);
    expect(parsed.text).toBe(text);
    expect(formatNote(parsed)).toBe(note);
  });

  it('has the published verifier key for the published private key', () => {
    expect(parseKey(signerKey, 'PeterNeumann').verifierKey).toBe(verifierKey);
  });

  it('is refused when a letter of its text is changed', async () => {
    await expectCode(() => assertSignedBy(parseNote(note.replace('answer', 'ansver')), key), 'SIGNATURE_WRONG');
  });

  it('may be signed by others too, known or not', () => {
    const other = '— witness.example/w1 AAAAAQID\n';
    assertSignedBy(parseNote(note + other), key);
    assertSignedBy(parseNote(`${text}\n${other}${signatureLine}`), key);
    expect(parseNote(note + other).signatures.map(({ name }) => name)).toEqual(['PeterNeumann', 'witness.example/w1']);
  });

  it('is refused whole when a second line of the trusted key is false', async () => {
    const broken = signatureLine.replace('/ZJkuBS', '/ZJkuBT');
    await expectCode(() => assertSignedBy(parseNote(note + broken), key), 'SIGNATURE_WRONG');
  });

  it('is refused out of form', async () => {
    const malformed = [
      '',
      text,
      `${text}\n`,
      note.slice(0, -1),
      note.replace('— ', '- '),
      note.replace('If you', 'If\tyou'),
      note.replace('If you', 'If\ud800you'),
      note.replace('nAM=', 'nAM'),
      note.replace('PeterNeumann ', 'Peter+Neumann '),
      note.replace('PeterNeumann ', 'PeterNeumann  '),
      `${text}\n— PeterNeumann AAAAAA==\n`,
      `${note}\n`,
      note + signatureLine.repeat(MAX_NOTE_SIGNATURES_COUNT),
      `${'x'.repeat(140_000)}\n\n${signatureLine}`,
    ];
    for (const candidate of malformed) await expectCode(() => parseNote(candidate), 'NOTE_MALFORMED');
  });
});

describe('a verifier key', () => {
  it('is refused when any letter of it is changed or missing', async () => {
    for (let index = 0; index < verifierKey.length; index += 1) {
      const shorter = verifierKey.slice(0, index) + verifierKey.slice(index + 1);
      const next = String.fromCharCode(verifierKey.charCodeAt(index) + 1);
      const changed = verifierKey.slice(0, index) + next + verifierKey.slice(index + 1);
      await expectCode(() => parseVerifierKey(shorter), 'VERIFIER_KEY_MALFORMED');
      await expectCode(() => parseVerifierKey(changed), 'VERIFIER_KEY_MALFORMED');
    }
  });

  it('may hold a plus in its base64 part', () => {
    const seeds = Array.from(
      { length: 20 },
      (_, fill) => signerFromSeed('a', new Uint8Array(32).fill(fill)).verifierKey,
    );
    expect(seeds.some((candidate) => candidate.split('+').length > 3)).toBe(true);
    expect(seeds.map((candidate) => parseVerifierKey(candidate).name)).toEqual(seeds.map(() => 'a'));
  });
});
