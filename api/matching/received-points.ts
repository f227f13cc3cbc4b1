import type { matching } from '../../proto/index.ts';
import { ServiceError } from '../grpc/index.ts';

/** Bytes of an encoded point. */
export const POINT_BYTES = 32;

/** Reads what a client says in a session, message by message, and holds it to the order of the contract. */
export class ReceivedPoints {
  readonly #requests: AsyncIterator<matching.EstimateMatchRequest>;
  /** A first part of the next list, when it has come already. */
  #next: { readonly kind: 'raised' | 'own'; readonly bytes: Uint8Array } | null = null;

  constructor(requests: AsyncIterable<matching.EstimateMatchRequest>) {
    this.#requests = requests[Symbol.asyncIterator]();
  }

  /** The first message. @throws {ServiceError} INVALID_REQUEST when it is another */
  async start(): Promise<matching.StartMatch> {
    const { value, done } = await this.#requests.next();
    if (done !== true && value.part?.$case === 'start') return value.part.value;
    throw new ServiceError('INVALID_REQUEST', 'a match begins with `start`');
  }

  /**
   * All points of one list, up to the first of another or the end.
   *
   * @throws {RangeError} when there are more than so many, or half a one: more is not even kept
   */
  async list(kind: 'raised' | 'own', maxCount: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let byteCount = 0;
    for (;;) {
      const part = this.#next ?? (await this.#read());
      this.#next = part;
      if (part === null || part.kind !== kind) break;
      this.#next = null;
      byteCount += part.bytes.byteLength;
      if (byteCount > maxCount * POINT_BYTES) throw new RangeError('more points came than may');
      parts.push(part.bytes);
    }
    if (byteCount % POINT_BYTES !== 0) throw new RangeError('half a point came');
    return Buffer.concat(parts);
  }

  async #read(): Promise<{ kind: 'raised' | 'own'; bytes: Uint8Array } | null> {
    const { value, done } = await this.#requests.next();
    if (done === true) return null;
    const { part } = value;
    if (part?.$case === 'raised' || part?.$case === 'own') return { kind: part.$case, bytes: part.value };
    throw new RangeError('points were expected');
  }
}
