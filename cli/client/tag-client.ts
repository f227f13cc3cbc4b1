import { tags } from '../../proto/index.ts';
import { callUnary } from './call.ts';
import type { Connection } from './connection.ts';

/** Calls of the chapter of tags, each a promise. */
export class TagClient {
  readonly #connection: Connection;
  readonly #client: tags.TagServiceClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new tags.TagServiceClient(connection.address, connection.credentials);
  }

  /** Replaces the catalogue of the caller's member. */
  async publish(request: tags.PublishTagsRequest): Promise<tags.Tag[]> {
    return (await callUnary(this.#connection, this.#client.publishTags.bind(this.#client), request)).tags;
  }

  /** Reads the tags of all members. */
  list(collaborationId: string): Promise<tags.ListTagsResponse> {
    return callUnary(this.#connection, this.#client.listTags.bind(this.#client), { collaborationId });
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
