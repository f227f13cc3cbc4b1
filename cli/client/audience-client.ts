import { audiences } from '../../proto/index.ts';
import { callUnary, runDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

const pageSize = 1000;

/** Calls of the audience chapter, each a promise. */
export class AudienceClient {
  readonly #connection: Connection;
  readonly #client: audiences.AudienceServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new audiences.AudienceServiceClient(connection.address, connection.credentials);
  }

  /** Checks and stores a definition. */
  async define(request: audiences.DefineAudienceRequest): Promise<audiences.Audience> {
    const call = this.#client.defineAudience.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).audience, 'audience');
  }

  /** Releases a protected size. */
  estimate(audienceId: string, epsilon: number): Promise<audiences.EstimateAudienceResponse> {
    const call = this.#client.estimateAudience.bind(this.#client);
    return callUnary(this.#connection, call, { audienceId, epsilon }, runDeadlineMs);
  }

  /** Releases the protected size of a definition that nothing has been made of. */
  estimateDefinition(request: audiences.EstimateDefinitionRequest): Promise<audiences.EstimateDefinitionResponse> {
    const call = this.#client.estimateDefinition.bind(this.#client);
    return callUnary(this.#connection, call, request, runDeadlineMs);
  }

  /** Releases what an audience is like beside a baseline. */
  portray(request: audiences.PortrayAudienceRequest): Promise<audiences.PortrayAudienceResponse> {
    const call = this.#client.portrayAudience.bind(this.#client);
    return callUnary(this.#connection, call, request, runDeadlineMs);
  }

  /** Releases how many two audiences have in common. */
  compare(request: audiences.CompareAudiencesRequest): Promise<audiences.CompareAudiencesResponse> {
    const call = this.#client.compareAudiences.bind(this.#client);
    return callUnary(this.#connection, call, request, runDeadlineMs);
  }

  /** Reads the sizes that were released of an audience. */
  async trend(audienceId: string): Promise<audiences.TrendPoint[]> {
    const call = this.#client.readTrend.bind(this.#client);
    return (await callUnary(this.#connection, call, { audienceId })).points;
  }

  /** Publishes an audience; returns once it is accepted. */
  async activate(request: audiences.ActivateAudienceRequest): Promise<audiences.Activation> {
    const call = this.#client.activateAudience.bind(this.#client);
    return required((await callUnary(this.#connection, call, request, runDeadlineMs)).activation, 'activation');
  }

  /** Publishes it again from the newest data; the answer says that it was accepted and what it cost. */
  refresh(audienceId: string, destinationId: string): Promise<audiences.RefreshActivationResponse> {
    const call = this.#client.refreshActivation.bind(this.#client);
    return callUnary(this.#connection, call, { audienceId, destinationId }, runDeadlineMs);
  }

  /** Changes its schedule and its end. */
  async schedule(request: audiences.ScheduleActivationRequest): Promise<audiences.Activation> {
    const call = this.#client.scheduleActivation.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).activation, 'activation');
  }

  /** Reads one audience. */
  async get(audienceId: string): Promise<audiences.Audience> {
    const call = this.#client.getAudience.bind(this.#client);
    return required((await callUnary(this.#connection, call, { audienceId })).audience, 'audience');
  }

  /** Reads all audiences of the caller's member in a collaboration. */
  async list(collaborationId: string): Promise<audiences.Audience[]> {
    const call = this.#client.listAudiences.bind(this.#client);
    const all: audiences.Audience[] = [];
    let pageToken = '';
    do {
      const page = await callUnary(this.#connection, call, { collaborationId, pageSize, pageToken });
      all.push(...page.audiences);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return all;
  }

  /** Withdraws an audience from a destination. */
  async revoke(audienceId: string, destinationId: string): Promise<audiences.Activation> {
    const call = this.#client.revokeAudience.bind(this.#client);
    return required((await callUnary(this.#connection, call, { audienceId, destinationId })).activation, 'activation');
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
