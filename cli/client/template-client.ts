import { templates } from '../../proto/index.ts';
import { callUnary } from './call.ts';
import type { Connection } from './connection.ts';
import { required } from './required.ts';

/** Calls of the chapter of templates, each a promise. */
export class TemplateClient {
  readonly #connection: Connection;
  readonly #client: templates.TemplateServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new templates.TemplateServiceClient(connection.address, connection.credentials);
  }

  /** Publishes a signed template; again, it is the one that is there. */
  async publish(request: templates.PublishTemplateRequest): Promise<templates.Template> {
    const call = this.#client.publishTemplate.bind(this.#client);
    return required((await callUnary(this.#connection, call, request)).template, 'template');
  }

  /** Approves a template for the caller's member. */
  async approve(collaborationId: string, digest: string): Promise<templates.Template> {
    const call = this.#client.approveTemplate.bind(this.#client);
    return required((await callUnary(this.#connection, call, { collaborationId, digest })).template, 'template');
  }

  /** Takes such an approval back. */
  async withdraw(collaborationId: string, digest: string): Promise<templates.Template> {
    const call = this.#client.withdrawTemplateApproval.bind(this.#client);
    return required((await callUnary(this.#connection, call, { collaborationId, digest })).template, 'template');
  }

  /** Reads one template, its document too. */
  async get(collaborationId: string, digest: string): Promise<templates.Template> {
    const call = this.#client.getTemplate.bind(this.#client);
    return required((await callUnary(this.#connection, call, { collaborationId, digest })).template, 'template');
  }

  /** Reads all templates of a collaboration that the caller may see, and those that come with Galley. */
  async list(collaborationId: string): Promise<templates.Template[]> {
    const call = this.#client.listTemplates.bind(this.#client);
    return (await callUnary(this.#connection, call, { collaborationId })).templates;
  }

  /** Says what values would make of a template; costs nothing. */
  async explain(request: templates.ExplainTemplateRequest): Promise<templates.ExplainTemplateResponse> {
    return await callUnary(this.#connection, this.#client.explainTemplate.bind(this.#client), request);
  }

  /** Runs a template; repeated with the same request id it has its effect once. */
  async run(request: templates.RunTemplateRequest): Promise<templates.RunTemplateResponse> {
    return await callUnary(this.#connection, this.#client.runTemplate.bind(this.#client), request);
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
