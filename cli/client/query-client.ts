import { queries } from '../../proto/index.ts';
import { callServerStream, callUnary, runDeadlineMs } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

/** Calls of the question chapter, each a promise. */
export class QueryClient {
  readonly #connection: Connection;
  readonly #client: queries.QueryServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new queries.QueryServiceClient(connection.address, connection.credentials);
  }

  /** Says price, expected error and violations; costs nothing. */
  async explain(question: queries.Question): Promise<queries.Explanation> {
    const call = this.#client.explainQuery.bind(this.#client);
    return required((await callUnary(this.#connection, call, { question })).explanation, 'explanation');
  }

  /** Says how many more of a question fit; costs nothing. */
  async remaining(question: queries.Question): Promise<queries.Remaining> {
    const call = this.#client.explainRemaining.bind(this.#client);
    return required((await callUnary(this.#connection, call, { question })).remaining, 'remaining');
  }

  /** Submits a question; repeated with the same request id it charges once. */
  async submit(question: queries.Question, requestId: string): Promise<queries.Query> {
    const call = this.#client.submitQuery.bind(this.#client);
    return required((await callUnary(this.#connection, call, { question, requestId })).query, 'query');
  }

  /** Reads the state of a question. */
  async get(queryId: string): Promise<queries.Query> {
    const call = this.#client.getQuery.bind(this.#client);
    return required((await callUnary(this.#connection, call, { queryId })).query, 'query');
  }

  /** Stops a question. */
  async cancel(queryId: string): Promise<queries.Query> {
    const call = this.#client.cancelQuery.bind(this.#client);
    return required((await callUnary(this.#connection, call, { queryId })).query, 'query');
  }

  /** Waits for the end of a question and returns its release, one Arrow IPC stream. */
  async readRelease(queryId: string): Promise<Buffer> {
    const call = this.#client.readRelease.bind(this.#client);
    const pieces: Uint8Array[] = [];
    for await (const { arrowIpc } of callServerStream(this.#connection, call, { queryId }, runDeadlineMs)) {
      pieces.push(arrowIpc);
    }
    return Buffer.concat(pieces);
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
