import { status } from '@grpc/grpc-js';
import { models } from '../../proto/index.ts';
import { callUnary, runDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

const pageSize = 20;
/** Calls of one training: more, and the service is in trouble. */
const MAX_TRAINING_CALLS_COUNT = 5;

/** Calls of the chapter of models, each a promise. */
export class ModelClient {
  readonly #connection: Connection;
  readonly #client: models.ModelServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new models.ModelServiceClient(connection.address, connection.credentials);
  }

  /**
   * Trains a model; repeated with the same request id it is trained and charged once.
   *
   * A training is several questions, which may take longer than the service gives one call: then it is called again, and
   * goes on after the questions that were answered.
   */
  async train(request: models.TrainModelRequest): Promise<models.Model> {
    const call = this.#client.trainModel.bind(this.#client);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return required((await callUnary(this.#connection, call, request, runDeadlineMs)).model, 'model');
      } catch (error) {
        const isOver = (error as { code?: unknown }).code === status.DEADLINE_EXCEEDED;
        if (!isOver || request.requestId === '' || attempt >= MAX_TRAINING_CALLS_COUNT) throw error;
      }
    }
  }

  /** Reads one model. */
  async get(modelId: string): Promise<models.Model> {
    const call = this.#client.getModel.bind(this.#client);
    return required((await callUnary(this.#connection, call, { modelId })).model, 'model');
  }

  /** Reads all models of the caller's member in a collaboration. */
  async list(collaborationId: string): Promise<models.Model[]> {
    const call = this.#client.listModels.bind(this.#client);
    const all: models.Model[] = [];
    let pageToken = '';
    do {
      const page = await callUnary(this.#connection, call, { collaborationId, pageSize, pageToken });
      all.push(...page.models);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return all;
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
