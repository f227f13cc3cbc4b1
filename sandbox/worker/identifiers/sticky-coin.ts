import { hash } from 'node:crypto';
import type { BlurSpec } from '../../wire/jobs.ts';

const SIDE_BYTES = 1;
const PERSON_BYTES = 8;

/**
 * Decides by coins whether somebody is sent: each coin is a function of key, side and person, so that it falls the same
 * way however often the same is sent and averaging tells nothing. Of other rows the key is another.
 *
 * A person has one coin for being a member and another for not being one: with a single coin, whoever learns how it fell
 * for one answer would know it for the other.
 *
 * Source: randomized response (Warner 1965) with remembered answers (RAPPOR, Erlingsson and others 2014). The coin is
 * SHA-256 over key and a message of fixed length, which is a keyed function as HMAC is.
 */
export class StickyCoin {
  readonly #message: Buffer;
  readonly #sideAt: number;
  readonly #blur: BlurSpec;

  constructor(blur: BlurSpec) {
    const key = Buffer.from(blur.keyHex, 'hex');
    this.#blur = blur;
    this.#sideAt = key.length;
    this.#message = Buffer.concat([key, Buffer.alloc(SIDE_BYTES + PERSON_BYTES)]);
  }

  /** Tells whether a person is sent. */
  isSent(person: bigint, isMember: boolean): boolean {
    this.#message.writeUInt8(isMember ? 1 : 0, this.#sideAt);
    this.#message.writeBigUInt64BE(person, this.#sideAt + SIDE_BYTES);
    const coin = hash('sha256', this.#message, 'buffer').readUInt32BE();
    return isMember ? coin >= this.#blur.dropBelow : coin < this.#blur.addBelow;
  }
}
