// One conversation with one witness (https://c2sp.org/tlog-witness). The witness is not trusted: what it answers is a
// cosignature that verifies, or nothing.

import {
  type AuditLog,
  addCosignature,
  cosignatureIn,
  formatAddCheckpoint,
  MAX_ADD_ANSWER_BYTES,
  parseCheckpoint,
} from '../../audit/index.ts';
import type { WitnessConfig } from '../config/index.ts';

/** A witness that does not answer holds up nobody; the next try comes by itself. */
const ANSWER_MS = 20_000;

/** Why a witness gave no cosignature: words for the operator's log. */
export class WitnessRefused extends Error {
  override readonly name = 'WitnessRefused';
  /** The size of the tree it has signed, where that is larger than this log is. */
  readonly largerSize: number | undefined;

  constructor(message: string, largerSize?: number) {
    super(message);
    this.largerSize = largerSize;
  }
}

/** Asks one witness, and remembers how far it has followed. */
export class WitnessClient {
  readonly url: string;
  readonly #verifierKey: string;
  readonly #log: Pick<AuditLog, 'consistencyProof'>;
  #followedSize = 0;

  constructor({ url, verifierKey }: WitnessConfig, log: Pick<AuditLog, 'consistencyProof'>) {
    this.url = url;
    this.#verifierKey = verifierKey;
    this.#log = log;
  }

  /**
   * Has a checkpoint cosigned; answers it with the line of the witness.
   *
   * @throws {WitnessRefused} when it does not sign, or signs something else
   */
  async cosign(note: string, signal: AbortSignal): Promise<string> {
    let answer = await this.#ask(note, signal);
    if (answer.status === 409) {
      this.#followedSize = this.#sizeIn(answer.body, parseCheckpoint(note).treeSize);
      answer = await this.#ask(note, signal);
    }
    if (answer.status !== 200) throw new WitnessRefused(`it answered with status ${answer.status}`);
    const cosigned = addCosignature(note, answer.body);
    if (cosignatureIn(cosigned, this.#verifierKey) === undefined) {
      throw new WitnessRefused('its answer has no cosignature by the key it is configured with');
    }
    this.#followedSize = parseCheckpoint(note).treeSize;
    return cosigned;
  }

  #sizeIn(body: string, treeSize: number): number {
    const size = /^(0|[1-9]\d{0,15})\n$/.test(body) ? Number(body) : Number.NaN;
    if (Number.isNaN(size)) throw new WitnessRefused('it told no size where it has to');
    if (size <= treeSize) return size;
    // Either it signed another history than this one, or this log was put back to an earlier state.
    throw new WitnessRefused('it has signed a larger tree of this log than there is here', size);
  }

  async #ask(note: string, signal: AbortSignal): Promise<{ readonly status: number; readonly body: string }> {
    const oldSize = this.#followedSize;
    const proof = this.#log.consistencyProof(oldSize, parseCheckpoint(note).treeSize);
    const answer = await fetch(`${this.url}/add-checkpoint`, {
      method: 'POST',
      body: formatAddCheckpoint({ oldSize, proof, note }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    return { status: answer.status, body: await textOf(answer) };
  }
}

async function textOf(answer: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > MAX_ADD_ANSWER_BYTES) throw new WitnessRefused('its answer is too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
