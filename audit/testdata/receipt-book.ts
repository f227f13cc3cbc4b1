import { randomBytes } from 'node:crypto';
import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose';
import {
  type CheckpointSigner,
  handoverSigner,
  type KeyHistory,
  newKeyHistory,
  parseCheckpoint,
  type ProvenLeaf,
} from '../checkpoint/index.ts';
import type { EntryKind, JsonValue } from '../entry/index.ts';
import { type AuditLog, openLog } from '../log/index.ts';
import { leafHash } from '../merkle/index.ts';
import {
  formatReceiptBundle,
  RECEIPT_ALGORITHM,
  RECEIPT_TYPE,
  type ReceiptBundle,
  type ReceiptStatement,
  receiptKeyId,
  saltedDigest,
  statementDigest,
} from '../receipt/index.ts';
import { entryOf, ORIGIN, testSigner } from './kitchen-log.ts';

/** A key of receipts with both halves. */
export interface BookKey {
  readonly kid: string;
  readonly x: string;
  readonly privateJwk: JWK;
}

/** A receipt that was made, and what would make it again. */
export interface MadeReceipt {
  readonly leafIndex: number;
  readonly jws: string;
  readonly claims: Record<string, JsonValue>;
  readonly salts: { readonly query: string; readonly output: string };
  readonly release: Uint8Array;
  readonly query: Uint8Array;
}

/** Makes a key of receipts. */
export async function newBookKey(): Promise<BookKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const privateJwk = await exportJWK(privateKey);
  const x = privateJwk.x ?? '';
  return { kid: await receiptKeyId({ kty: 'OKP', crv: 'Ed25519', x }), x, privateJwk };
}

/** Signs any claims as a receipt of a key; the header may be another than it should be. */
export async function signAs({ kid, privateJwk }: BookKey, claims: object, header: object = {}): Promise<string> {
  const protectedHeader = { alg: RECEIPT_ALGORITHM, kid, typ: RECEIPT_TYPE, ...header };
  return await new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader(protectedHeader).sign(privateJwk);
}

/** A log that gives receipts, written as a service would write it, by the service's own means of the leaf alone. */
export class ReceiptBook {
  readonly #directory: string;
  readonly #origin: string;
  #signers: CheckpointSigner[];
  #history: KeyHistory;
  #log: AuditLog;
  readonly #announced: number[] = [];
  #key: BookKey | undefined;

  private constructor(directory: string, signer: CheckpointSigner, log: AuditLog) {
    this.#directory = directory;
    this.#origin = signer.origin;
    this.#signers = [signer];
    this.#history = newKeyHistory(signer.verifierKey);
    this.#log = log;
  }

  /** Opens a log in an empty folder. */
  static async open(directory: string, { origin = ORIGIN, seed = 7 } = {}): Promise<ReceiptBook> {
    const signer = testSigner(origin, seed);
    return new ReceiptBook(directory, signer, await openLog({ directory, origin, signer }));
  }

  /** The first key of the log: all that a verifier has. */
  get firstKey(): string {
    return this.#history.firstKey;
  }

  /** The key that signs receipts now. */
  get key(): BookKey {
    if (this.#key === undefined) throw new Error('no key is announced');
    return this.#key;
  }

  /** Announces a new key of receipts. */
  async announce({ isCompromised = false }: { isCompromised?: boolean } = {}): Promise<void> {
    const key = await newBookKey();
    const subject = { kid: key.kid, x: key.x, replaces: this.#key?.kid ?? null, isCompromised };
    this.#announced.push(await this.append('receipt-key-announced', subject));
    this.#key = key;
  }

  /** Changes the key of the log. */
  async handOver(): Promise<void> {
    const from = this.#signers.at(-1) as CheckpointSigner;
    const to = testSigner(this.#origin, 20 + this.#signers.length);
    await this.#reopen(handoverSigner(from, to));
    const leafIndex = await this.append('key-rotated', { key: 'log', from: from.verifierKey, to: to.verifierKey });
    const note = await this.#log.checkpoint();
    const proven = await this.#prove(leafIndex, this.#log.treeSize);
    this.#history = { ...this.#history, handovers: [...this.#history.handovers, { note, ...proven }] };
    this.#signers = [...this.#signers, to];
    await this.#reopen(to);
  }

  /** Appends an entry. */
  async append(kind: EntryKind, subject: Record<string, JsonValue>): Promise<number> {
    return (await this.#log.append(entryOf(kind, subject))).leafIndex;
  }

  /** Makes a release and its receipt, signed by the key of now or by another. */
  async release(question: string, signer: BookKey = this.key): Promise<MadeReceipt> {
    const [query, release] = [Buffer.from(`select ${question}`), Buffer.from(`answer to ${question}`)];
    const salts = { query: randomBytes(32).toString('hex'), output: randomBytes(32).toString('hex') };
    const statement: ReceiptStatement = {
      version: 1,
      kind: 'release',
      collaboration: 'spring-menu',
      question,
      query: saltedDigest(salts.query, query),
      output: saltedDigest(salts.output, release),
    };
    const subject = { question, receipt: statementDigest(statement) };
    const appended = await this.#log.append(entryOf('release-made', subject));
    const { leafIndex, treeSize } = appended;
    const claims = {
      iss: this.#origin,
      sub: `question/${question}`,
      iat: 1_935_400_000,
      statement,
      log: { leafIndex, leafHash: Buffer.from(appended.leafHash).toString('hex'), treeSize },
    };
    return { leafIndex, jws: await signAs(signer, claims), claims, salts, release, query };
  }

  /** The bundle of a receipt as of now. */
  async bundle({ leafIndex, jws, salts }: Pick<MadeReceipt, 'leafIndex' | 'jws' | 'salts'>): Promise<ReceiptBundle> {
    const checkpoint = await this.#log.checkpoint();
    const { treeSize } = parseCheckpoint(checkpoint);
    const consistencyProofs: Uint8Array[][] = [];
    for (const { note } of this.#history.handovers) {
      consistencyProofs.push(await this.#log.consistencyProof(parseCheckpoint(note).treeSize, treeSize));
    }
    const receiptKeys: ProvenLeaf[] = [];
    for (const index of this.#announced) receiptKeys.push(await this.#prove(index, treeSize));
    const entry = await this.#prove(leafIndex, treeSize);
    return { receipt: jws, entry, checkpoint, receiptKeys, logKeys: this.#history, consistencyProofs, salts };
  }

  /** The file of a receipt as of now. */
  async file(made: Pick<MadeReceipt, 'leafIndex' | 'jws' | 'salts'>): Promise<string> {
    return formatReceiptBundle(await this.bundle(made));
  }

  /** Hash of a leaf, in hex. */
  async hashOf(leafIndex: number): Promise<string> {
    return Buffer.from(leafHash((await this.#prove(leafIndex, this.#log.treeSize)).leaf)).toString('hex');
  }

  /** Lets the folder go. */
  async close(): Promise<void> {
    await this.#log.close();
  }

  async #reopen(signer: CheckpointSigner): Promise<void> {
    await this.#log.close();
    this.#log = await openLog({ directory: this.#directory, origin: this.#origin, signer });
  }

  async #prove(leafIndex: number, treeSize: number): Promise<ProvenLeaf> {
    for await (const { leaf } of this.#log.read(leafIndex, 1)) {
      return { leafIndex, leaf, inclusionProof: await this.#log.inclusionProof(leafIndex, treeSize) };
    }
    throw new Error('the log has no such entry');
  }
}
