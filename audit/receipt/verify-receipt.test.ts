import { createHmac, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, exportJWK } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectCode } from '../testdata/expect-code.ts';
import { temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import { type MadeReceipt, newBookKey, ReceiptBook, signAs } from '../testdata/receipt-book.ts';
import { formatReceiptBundle, type ReceiptBundle } from './receipt-bundle.ts';
import { RECEIPT_TYPE } from './receipt-claims.ts';
import { verifyReceipt } from './verify-receipt.ts';

/** A log with a key of receipts and two releases. */
async function openBook(options: { origin?: string; seed?: number } = {}) {
  const book = await ReceiptBook.open(await temporaryDirectory(), options);
  onTestFinished(() => book.close());
  await book.append('service-started', {});
  await book.announce();
  const made = await book.release('q-1');
  const other = await book.release('q-2');
  return { book, made, other, verifierKey: book.firstKey };
}

async function bundled(book: ReceiptBook, made: MadeReceipt, change: Partial<ReceiptBundle> = {}): Promise<string> {
  return formatReceiptBundle({ ...(await book.bundle(made)), ...change });
}

describe('an honest receipt', () => {
  it('says what was released, and where the log has it', async () => {
    const { book, made, verifierKey } = await openBook();
    const { release, query } = made;
    const verified = await verifyReceipt(await book.file(made), { verifierKey, release, query });
    expect(verified).toMatchObject({
      sub: 'question/q-1',
      statement: { question: 'q-1', collaboration: 'spring-menu' },
      entry: { kind: 'release-made', actor: { member: 'noodle-house' } },
      log: { leafIndex: 2 },
      kid: book.key.kid,
      isKeyWithdrawn: false,
      compared: { release: true, query: true },
    });
  });

  it('verifies after two changes of each key, with nothing but the bundle and the first key of the log', async () => {
    const { book, made, verifierKey } = await openBook();
    const early = await book.file(made);
    for (const question of ['q-3', 'q-4']) {
      await book.handOver();
      await book.announce();
      await book.release(question);
    }
    const late = await book.release('q-5');
    const files = [early, await book.file(made), await book.file(late)];
    await book.close();
    for (const file of files) expect((await verifyReceipt(file, { verifierKey })).isKeyWithdrawn).toBe(false);
  });

  it('verifies under a later key of the log, when it was fetched after that key took over', async () => {
    const { book, made } = await openBook();
    const early = await book.file(made);
    await book.handOver();
    const { verifierKey } = testSigner(undefined, 21);
    expect((await verifyReceipt(await book.file(made), { verifierKey })).sub).toBe('question/q-1');
    await expectCode(() => verifyReceipt(early, { verifierKey }), 'KEY_NOT_IN_HISTORY');
  });

  it('is not compared with what it has no salt for', async () => {
    const { book, made, verifierKey } = await openBook();
    const file = await bundled(book, made, { salts: { query: null, output: null } });
    expect((await verifyReceipt(file, { verifierKey })).compared).toEqual({ release: false, query: false });
    const { release } = made;
    await expectCode(() => verifyReceipt(file, { verifierKey, release }), 'RECEIPT_SALT_MISSING');
  });
});

describe('a receipt beside a release that is not its own', () => {
  it('is refused for any bit of the release that is changed', async () => {
    const { book, made, verifierKey } = await openBook();
    const file = await book.file(made);
    const flips = fc.asyncProperty(fc.nat(made.release.length * 8 - 1), async (bit) => {
      const release = Buffer.from(made.release);
      release.writeUInt8(release.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      await expectCode(() => verifyReceipt(file, { verifierKey, release }), 'RELEASE_DIFFERS');
    });
    await fc.assert(flips, { numRuns: 20 });
  });

  it('is refused for the release, the query or the salt of another', async () => {
    const { book, made, other, verifierKey } = await openBook();
    const file = await book.file(made);
    await expectCode(() => verifyReceipt(file, { verifierKey, release: other.release }), 'RELEASE_DIFFERS');
    await expectCode(() => verifyReceipt(file, { verifierKey, query: other.query }), 'QUERY_DIFFERS');
    const salted = await bundled(book, made, { salts: other.salts });
    await expectCode(() => verifyReceipt(salted, { verifierKey, release: made.release }), 'RELEASE_DIFFERS');
  });
});

describe('a receipt of another log', () => {
  it('is refused whole, and refused piece by piece', async () => {
    const { book, made, verifierKey } = await openBook();
    const theirs = await openBook({ origin: 'other.example/log', seed: 3 });
    await expectCode(
      async () => verifyReceipt(await theirs.book.file(theirs.made), { verifierKey }),
      'KEY_NOT_IN_HISTORY',
    );
    const strange = await theirs.book.bundle(theirs.made);
    const refusals: [Partial<ReceiptBundle>, string][] = [
      [{ receipt: strange.receipt }, 'RECEIPT_KEY_UNKNOWN'],
      [{ entry: strange.entry }, 'ROOT_HASH_MISMATCH'],
      [{ checkpoint: strange.checkpoint }, 'SIGNATURE_MISSING'],
      [{ receiptKeys: strange.receiptKeys }, 'ROOT_HASH_MISMATCH'],
      [{ logKeys: strange.logKeys }, 'KEY_NOT_IN_HISTORY'],
    ];
    for (const [change, code] of refusals) {
      await expectCode(async () => verifyReceipt(await bundled(book, made, change), { verifierKey }), code);
    }
  });

  it('is refused when its own key names another log', async () => {
    const { book, made, verifierKey } = await openBook();
    const jws = await signAs(book.key, { ...made.claims, iss: 'other.example/log' });
    await expectCode(
      async () => verifyReceipt(await book.file({ ...made, jws }), { verifierKey }),
      'RECEIPT_OF_ANOTHER_LOG',
    );
  });
});

describe('a receipt that says something else than its entry', () => {
  it('is refused, although its own key signed it', async () => {
    const { book, made, other, verifierKey } = await openBook();
    const { statement, log } = made.claims as { statement: object; log: object };
    const changes = [
      { statement: { ...statement, epsilon: 0.1 } },
      { statement: { ...statement, collaboration: 'autumn-menu' } },
      { statement: { ...statement, question: 'q-2' } },
      { statement: other.claims.statement },
      { sub: 'question/q-2' },
      { sub: 'activation/q-1' },
      { log: { ...log, leafIndex: 1 } },
      { log: { ...log, leafHash: await book.hashOf(3) } },
      { log: { ...log, treeSize: 2 } },
      { log: { ...log, treeSize: 99 } },
    ];
    for (const change of changes) {
      const jws = await signAs(book.key, { ...made.claims, ...change });
      await expectCode(
        async () => verifyReceipt(await book.file({ ...made, jws }), { verifierKey }),
        'RECEIPT_DIFFERS_FROM_LEAF',
      );
    }
  });

  it('is refused beside the entry of another receipt, and the other way round', async () => {
    const { book, made, other, verifierKey } = await openBook();
    for (const [one, two] of [
      [made, other],
      [other, made],
    ] as const) {
      const { entry } = await book.bundle(two);
      await expectCode(
        async () => verifyReceipt(await bundled(book, one, { entry }), { verifierKey }),
        'RECEIPT_DIFFERS_FROM_LEAF',
      );
    }
  });

  it('is refused for an entry that is no release', async () => {
    const { book, made, verifierKey } = await openBook();
    const { entry } = await book.bundle({ ...made, leafIndex: 1 });
    const log = { leafIndex: 1, leafHash: await book.hashOf(1), treeSize: 2 };
    // Announced at 1, the key signs from 2 on.
    const receipt = await signAs(book.key, { ...made.claims, log });
    const change = { entry, receipt };
    await expectCode(
      async () => verifyReceipt(await bundled(book, made, change), { verifierKey }),
      'RECEIPT_KEY_NOT_IN_FORCE',
    );
    const index = await book.append('release-read', { question: 'q-1' });
    const claims = {
      ...made.claims,
      log: { leafIndex: index, leafHash: await book.hashOf(index), treeSize: index + 1 },
    };
    const read = { ...made, leafIndex: index, jws: await signAs(book.key, claims) };
    await expectCode(async () => verifyReceipt(await book.file(read), { verifierKey }), 'RECEIPT_DIFFERS_FROM_LEAF');
  });

  it('is refused with claims out of form', async () => {
    const { book, made, verifierKey } = await openBook();
    const { sub: _sub, ...headless } = made.claims;
    for (const claims of [headless, { ...made.claims, more: 1 }, { ...made.claims, iat: 'now' }, [], 'text']) {
      const jws = await signAs(book.key, claims as object);
      await expectCode(
        async () => verifyReceipt(await book.file({ ...made, jws }), { verifierKey }),
        'RECEIPT_MALFORMED',
      );
    }
  });
});

describe('the signature of a receipt', () => {
  it('is by the one algorithm, whatever the receipt asks for', async () => {
    const { book, made, verifierKey } = await openBook();
    const refused = async (jws: string, code: string) =>
      await expectCode(async () => verifyReceipt(await book.file({ ...made, jws }), { verifierKey }), code);
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const { kid, x } = book.key;
    const payload = encode(made.claims);

    await refused(`${encode({ alg: 'none', kid, typ: RECEIPT_TYPE })}.${payload}.`, 'RECEIPT_ALGORITHM_REFUSED');
    // The public key as the secret of a keyed digest.
    const symmetric = `${encode({ alg: 'HS256', kid, typ: RECEIPT_TYPE })}.${payload}`;
    const digest = createHmac('sha256', Buffer.from(x, 'base64url')).update(symmetric).digest('base64url');
    await refused(`${symmetric}.${digest}`, 'RECEIPT_ALGORITHM_REFUSED');

    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const elliptic = await new CompactSign(Buffer.from(JSON.stringify(made.claims)))
      .setProtectedHeader({ alg: 'ES256', kid, typ: RECEIPT_TYPE })
      .sign(privateKey);
    await refused(elliptic, 'RECEIPT_ALGORITHM_REFUSED');
    const [, body = '', signature = ''] = elliptic.split('.');
    await refused(
      `${encode({ alg: 'EdDSA', kid, typ: RECEIPT_TYPE })}.${body}.${signature}`,
      'RECEIPT_SIGNATURE_WRONG',
    );
  });

  it('covers header and claims, and the header says nothing more than it must', async () => {
    const { book, made, verifierKey } = await openBook();
    const refused = async (jws: string, code: string) =>
      await expectCode(async () => verifyReceipt(await book.file({ ...made, jws }), { verifierKey }), code);
    await refused(await signAs(book.key, made.claims, { typ: 'JWT' }), 'RECEIPT_MALFORMED');
    await refused(
      await signAs(book.key, made.claims, { jwk: await exportJWK(generateKeyPairSync('ed25519').publicKey) }),
      'RECEIPT_MALFORMED',
    );
    await refused(await signAs(book.key, made.claims, { b64: true, crit: ['b64'] }), 'RECEIPT_MALFORMED');
    await refused('not.a.receipt', 'RECEIPT_MALFORMED');
    await refused('', 'RECEIPT_MALFORMED');
    const [header, payload, signature] = made.jws.split('.');
    const changed = Buffer.from(JSON.stringify({ ...made.claims, iat: 1 })).toString('base64url');
    await refused(`${header}.${changed}.${signature}`, 'RECEIPT_SIGNATURE_WRONG');
    await refused(
      `${header}.${payload}.${signature?.startsWith('A') ? 'B' : 'A'}${signature?.slice(1)}`,
      'RECEIPT_SIGNATURE_WRONG',
    );
  });

  it('is by the key that it names, which the log announced', async () => {
    const { book, made, verifierKey } = await openBook();
    await book.announce();
    const second = book.key;
    const later = await book.release('q-3');
    const stranger = await newBookKey();
    const jws = await signAs(stranger, made.claims);
    await expectCode(
      async () => verifyReceipt(await book.file({ ...made, jws }), { verifierKey }),
      'RECEIPT_KEY_UNKNOWN',
    );
    // The stranger signs under the name of the true key; the true key under the name of another true key.
    for (const [signer, kid] of [
      [stranger, second.kid],
      [second, made.jws],
    ] as const) {
      const named = kid === made.jws ? kidOf(made.jws) : kid;
      const swapped = await signAs({ ...signer, kid: named }, later.claims);
      await expectCode(
        async () => verifyReceipt(await book.file({ ...later, jws: swapped }), { verifierKey }),
        'RECEIPT_SIGNATURE_WRONG',
      );
    }
  });
});

function kidOf(jws: string): string {
  return (JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;
}

describe('a key of receipts', () => {
  it('signs nothing from before it was announced', async () => {
    const { book, made, verifierKey } = await openBook();
    await book.announce();
    const jws = await signAs(book.key, made.claims);
    await expectCode(
      async () => verifyReceipt(await book.file({ ...made, jws }), { verifierKey }),
      'RECEIPT_KEY_NOT_IN_FORCE',
    );
  });

  it('signs nothing more once it was replaced', async () => {
    const { book, verifierKey } = await openBook();
    const old = book.key;
    await book.announce();
    const late = await book.release('q-9', old);
    await expectCode(async () => verifyReceipt(await book.file(late), { verifierKey }), 'RECEIPT_KEY_NOT_IN_FORCE');
  });

  it('that was given up leaves its earlier receipts good, and its later ones are refused', async () => {
    const { book, made, verifierKey } = await openBook();
    const stolen = book.key;
    await book.announce({ isCompromised: true });
    const forged = await book.release('q-9', stolen);
    await expectCode(async () => verifyReceipt(await book.file(forged), { verifierKey }), 'RECEIPT_KEY_WITHDRAWN');
    const { sub, isKeyWithdrawn } = await verifyReceipt(await book.file(made), { verifierKey });
    expect({ sub, isKeyWithdrawn }).toEqual({ sub: 'question/q-1', isKeyWithdrawn: true });
  });

  it('cannot be hidden between two others, told out of order, or told of another entry', async () => {
    const { book, made, verifierKey } = await openBook();
    await book.announce({ isCompromised: true });
    await book.announce();
    const { receiptKeys, entry } = await book.bundle(made);
    const [one, two, three] = receiptKeys;
    if (one === undefined || two === undefined || three === undefined) throw new Error('three keys were announced');
    for (const told of [[one, three], [two, three], [two, one, three], [one, one], [entry]]) {
      await expectCode(
        async () => verifyReceipt(await bundled(book, made, { receiptKeys: told }), { verifierKey }),
        'RECEIPT_KEYS_BROKEN',
      );
    }
    await expectCode(
      async () => verifyReceipt(await bundled(book, made, { receiptKeys: [] }), { verifierKey }),
      'RECEIPT_KEY_UNKNOWN',
    );
  });
});

describe('the checkpoint of a bundle', () => {
  it('goes on from every handover of the key', async () => {
    const { book, made, verifierKey } = await openBook();
    const early = await book.bundle(made);
    await book.handOver();
    await book.append('log-read', {});
    const { logKeys, consistencyProofs } = await book.bundle(made);
    // A tree of before the handover cannot stand for the log of after it, and a handover needs its proof.
    const older = { ...early, logKeys, consistencyProofs };
    await expectCode(() => verifyReceipt(formatReceiptBundle(older), { verifierKey }), 'TREE_SIZE_INVALID');
    const unproved = await bundled(book, made, { consistencyProofs: [] });
    await expectCode(() => verifyReceipt(unproved, { verifierKey }), 'PROOF_FILE_MALFORMED');
    const wrong = await bundled(book, made, { consistencyProofs: [[...(consistencyProofs[0] ?? [])].reverse()] });
    await expectCode(() => verifyReceipt(wrong, { verifierKey }), 'ROOT_HASH_MISMATCH');
  });
});

describe('the file of a receipt', () => {
  it('is refused when any of its bytes is changed, or says the same', async () => {
    const { book, made, verifierKey } = await openBook();
    await book.handOver();
    const { release, query } = made;
    const file = await book.file(made);
    const told = async (text: string) => JSON.stringify(await verifyReceipt(text, { verifierKey, release, query }));
    const honest = await told(file);
    const flips = fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 127 }), async (at, change) => {
      const changed = `${file.slice(0, at)}${String.fromCharCode(file.charCodeAt(at) ^ change)}${file.slice(at + 1)}`;
      const answer = await told(changed).catch((error: unknown) => error);
      if (answer instanceof Error) expect(answer).toHaveProperty('code');
      else expect(answer).toBe(honest);
    });
    await fc.assert(flips, { numRuns: 200 });
  });
});
