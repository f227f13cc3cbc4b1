import { effects } from '../../proto/index.ts';
import { callUnary, runDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';

/** Calls of the effects' chapter, each a promise. */
export class EffectClient {
  readonly #connection: Connection;
  readonly #client: effects.EffectServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new effects.EffectServiceClient(connection.address, connection.credentials);
  }

  /** Measures what arms did beside a control arm. */
  uplift(request: effects.MeasureUpliftRequest): Promise<effects.MeasureUpliftResponse> {
    const call = this.#client.measureUplift.bind(this.#client);
    return callUnary(this.#connection, call, request, runDeadlineMs);
  }

  /** Says what an experiment could find. */
  plan(request: effects.PlanExperimentRequest): Promise<effects.PlanExperimentResponse> {
    return callUnary(this.#connection, this.#client.planExperiment.bind(this.#client), request);
  }

  /** Measures what a cohort was worth. */
  cohort(request: effects.MeasureCohortRequest): Promise<effects.MeasureCohortResponse> {
    const call = this.#client.measureCohort.bind(this.#client);
    return callUnary(this.#connection, call, request, runDeadlineMs);
  }

  /** Measures how many were reached, and how often. */
  reach(request: effects.MeasureReachRequest): Promise<effects.MeasureReachResponse> {
    const call = this.#client.measureReach.bind(this.#client);
    return callUnary(this.#connection, call, request, runDeadlineMs);
  }

  /** Gives conversions to touches. */
  attribute(request: effects.AttributeRequest): Promise<effects.AttributeResponse> {
    const call = this.#client.attribute.bind(this.#client);
    return callUnary(this.#connection, call, request, runDeadlineMs);
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
