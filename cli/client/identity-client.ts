import { identity } from '../../proto/index.ts';
import { callUnary } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

/** Calls of the chapter of identity, each a promise. */
export class IdentityClient {
  readonly #connection: Connection;
  readonly #client: identity.IdentityServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new identity.IdentityServiceClient(connection.address, connection.credentials);
  }

  /** Sets the identity rules of a collaboration. */
  async setRules(request: identity.SetIdentityRulesRequest): Promise<identity.IdentityRules> {
    const call = this.#client.setIdentityRules.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).rules, 'rules');
  }

  /** Reads the identity rules in force. */
  async rules(collaborationId: string): Promise<identity.IdentityRules> {
    const call = this.#client.getIdentityRules.bind(this.#client);
    return required((await callUnary(this.#connection, call, { collaborationId })).rules, 'rules');
  }

  /** Counts what the rules make of the caller's own identifiers. */
  async explain(collaborationId: string): Promise<identity.ExplainIdentityResponse> {
    return await callUnary(this.#connection, this.#client.explainIdentity.bind(this.#client), { collaborationId });
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
