import { rights } from '../../proto/index.ts';
import { callUnary } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

/** Calls of the chapter of rights, each a promise. */
export class RightsClient {
  readonly #connection: Connection;
  readonly #client: rights.PersonRightsServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new rights.PersonRightsServiceClient(connection.address, connection.credentials);
  }

  /** Records that persons no longer count; answers how many identifiers were not recorded before. */
  async optOut(identifiers: rights.IdentifierDigests[]): Promise<bigint> {
    const call = this.#client.optOut.bind(this.#client);
    return (await callUnary(this.#connection, call, { identifiers })).recordedCount;
  }

  /** Takes opt-outs back; answers how many stood. */
  async withdrawOptOut(identifiers: rights.IdentifierDigests[]): Promise<bigint> {
    const call = this.#client.withdrawOptOut.bind(this.#client);
    return (await callUnary(this.#connection, call, { identifiers })).withdrawnCount;
  }

  /** Counts the opt-outs of the caller's member. */
  async countOptOuts(): Promise<rights.OptOutCount[]> {
    return (await callUnary(this.#connection, this.#client.countOptOuts.bind(this.#client), {})).counts;
  }

  /** Asks for the erasure of persons. */
  async erasePersons(request: rights.ErasePersonsRequest): Promise<rights.Erasure> {
    const call = this.#client.erasePersons.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).erasure, 'erasure');
  }

  /** Asks for the erasure of a dataset. */
  async eraseDataset(request: rights.EraseDatasetRequest): Promise<rights.Erasure> {
    const call = this.#client.eraseDataset.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).erasure, 'erasure');
  }

  /** Asks for the erasure of all that the caller's member has brought. */
  async eraseMember(request: rights.EraseMemberRequest): Promise<rights.Erasure> {
    const call = this.#client.eraseMember.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).erasure, 'erasure');
  }

  /** Reads an erasure. */
  async getErasure(erasureId: string): Promise<rights.Erasure> {
    const call = this.#client.getErasure.bind(this.#client);
    return required((await callUnary(this.#connection, call, { erasureId })).erasure, 'erasure');
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
