import { destinations } from '../../proto/index.ts';
import { callUnary } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

/** Calls of the destination chapter, each a promise. */
export class DestinationClient {
  readonly #connection: Connection;
  readonly #client: destinations.DestinationServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new destinations.DestinationServiceClient(connection.address, connection.credentials);
  }

  /** Proposes a destination, or new terms of one; the answer holds what is shown this once. */
  propose(request: destinations.ProposeDestinationRequest): Promise<destinations.ProposeDestinationResponse> {
    return callUnary(this.#connection, this.#client.proposeDestination.bind(this.#client), request);
  }

  /** Approves terms by their digest. */
  async approve(request: destinations.ApproveDestinationRequest): Promise<destinations.Destination> {
    const call = this.#client.approveDestination.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).destination, 'destination');
  }

  /** Takes an approval back; what is there is withdrawn. */
  async withdraw(collaborationId: string, destinationId: string): Promise<destinations.Destination> {
    const call = this.#client.withdrawApproval.bind(this.#client);
    const request = { collaborationId, destinationId };
    return required((await callUnary(this.#connection, call, request)).destination, 'destination');
  }

  /** Reads the destinations of a collaboration. */
  async list(collaborationId: string): Promise<destinations.Destination[]> {
    const call = this.#client.listDestinations.bind(this.#client);
    return (await callUnary(this.#connection, call, { collaborationId })).destinations;
  }

  /** Closes a destination for good; what is there is withdrawn. */
  async end(collaborationId: string, destinationId: string): Promise<destinations.Destination> {
    const call = this.#client.closeDestination.bind(this.#client);
    const request = { collaborationId, destinationId };
    return required((await callUnary(this.#connection, call, request)).destination, 'destination');
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
