import { functions } from '../../proto/index.ts';
import { callUnary } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

// As many as questions of a collaboration can find; the retired ones follow.
const pageSize = 100;

/** Calls of the chapter of scoring functions, each a promise. */
export class FunctionClient {
  readonly #connection: Connection;
  readonly #client: functions.FunctionServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new functions.FunctionServiceClient(connection.address, connection.credentials);
  }

  /** Submits code; repeated with the same request id it is kept once. */
  async submit(request: functions.SubmitFunctionRequest): Promise<functions.ScoringFunction> {
    const call = this.#client.submitFunction.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).function, 'function');
  }

  /** Says what would be refused; keeps nothing. */
  async check(request: functions.CheckFunctionRequest): Promise<functions.CheckFunctionResponse> {
    return await callUnary(this.#connection, this.#client.checkFunction.bind(this.#client), request);
  }

  /** Reads one function; never its code. */
  async get(functionId: string): Promise<functions.ScoringFunction> {
    const call = this.#client.getFunction.bind(this.#client);
    return required((await callUnary(this.#connection, call, { functionId })).function, 'function');
  }

  /** Reads all functions of a collaboration that the caller may see. */
  async list(collaborationId: string): Promise<functions.ScoringFunction[]> {
    const call = this.#client.listFunctions.bind(this.#client);
    const all: functions.ScoringFunction[] = [];
    let pageToken = '';
    do {
      const page = await callUnary(this.#connection, call, { collaborationId, pageSize, pageToken });
      all.push(...page.functions);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return all;
  }

  /** Ends a function. */
  async retire(functionId: string): Promise<functions.ScoringFunction> {
    const call = this.#client.retireFunction.bind(this.#client);
    return required((await callUnary(this.#connection, call, { functionId })).function, 'function');
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
