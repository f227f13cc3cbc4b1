import { collaborations, type privacy } from '../../proto/index.ts';
import { callUnary } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

// A page this long keeps a listing to one call for nearly everybody.
const pageSize = 1000;

/** What a collaboration is created from; a purpose and regions where they are agreed. */
type NewCollaboration = Omit<collaborations.CreateCollaborationRequest, 'purpose' | 'regions'> &
  Partial<collaborations.CreateCollaborationRequest>;

/** Calls of the collaboration chapter, each a promise. */
export class CollaborationClient {
  readonly #connection: Connection;
  readonly #client: collaborations.CollaborationServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new collaborations.CollaborationServiceClient(connection.address, connection.credentials);
  }

  /** Creates a collaboration. */
  async create(request: NewCollaboration): Promise<collaborations.Collaboration> {
    const call = this.#client.createCollaboration.bind(this.#client);
    const whole = { purpose: '', regions: [], ...request };
    return required((await callUnary(this.#connection, call, whole)).collaboration, 'collaboration');
  }

  /** Reads one collaboration. */
  async get(collaborationId: string): Promise<collaborations.Collaboration> {
    const call = this.#client.getCollaboration.bind(this.#client);
    return required((await callUnary(this.#connection, call, { collaborationId })).collaboration, 'collaboration');
  }

  /** Reads all collaborations of the caller's member. */
  async list(): Promise<collaborations.Collaboration[]> {
    const call = this.#client.listCollaborations.bind(this.#client);
    const all: collaborations.Collaboration[] = [];
    let pageToken = '';
    do {
      const page = await callUnary(this.#connection, call, { pageSize, pageToken });
      all.push(...page.collaborations);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return all;
  }

  /** Accepts the invitation for the caller's member. */
  async accept(collaborationId: string): Promise<collaborations.Collaboration> {
    const call = this.#client.acceptInvitation.bind(this.#client);
    return required((await callUnary(this.#connection, call, { collaborationId })).collaboration, 'collaboration');
  }

  /** Binds a dataset under an alias with rules. */
  async bind(request: collaborations.BindDatasetRequest): Promise<collaborations.DatasetBinding> {
    const call = this.#client.bindDataset.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).binding, 'binding');
  }

  /** Replaces the rules of a binding. */
  async setRules(request: collaborations.SetRulesRequest): Promise<collaborations.DatasetBinding> {
    const call = this.#client.setRules.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).binding, 'binding');
  }

  /** Grants an ISV a right. */
  async grant(request: collaborations.CreateGrantRequest): Promise<collaborations.Grant> {
    const call = this.#client.createGrant.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).grant, 'grant');
  }

  /** Ends a grant. */
  async revoke(collaborationId: string, grantId: string): Promise<collaborations.Grant> {
    const call = this.#client.revokeGrant.bind(this.#client);
    return required((await callUnary(this.#connection, call, { collaborationId, grantId })).grant, 'grant');
  }

  /** Reads the accounts of the ledger that the caller may see. */
  async budget(collaborationId: string): Promise<privacy.BudgetAccount[]> {
    const call = this.#client.getBudget.bind(this.#client);
    return (await callUnary(this.#connection, call, { collaborationId })).accounts;
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
