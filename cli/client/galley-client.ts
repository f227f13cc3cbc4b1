import { AudienceClient } from './audience-client.ts';
import { AuditClient } from './audit-client.ts';
import { CollaborationClient } from './collaboration-client.ts';
import { type ConnectionOptions, openConnection } from './connection.ts';
import { DatasetClient } from './dataset-client.ts';
import { FunctionClient } from './function-client.ts';
import { QueryClient } from './query-client.ts';

/** All chapters of the contract, as one principal. */
export class GalleyClient implements Disposable {
  readonly collaborations: CollaborationClient;
  readonly datasets: DatasetClient;
  readonly functions: FunctionClient;
  readonly queries: QueryClient;
  readonly audiences: AudienceClient;
  readonly audit: AuditClient;

  constructor(options: ConnectionOptions) {
    const connection = openConnection(options);
    this.collaborations = new CollaborationClient(connection);
    this.datasets = new DatasetClient(connection);
    this.functions = new FunctionClient(connection);
    this.queries = new QueryClient(connection);
    this.audiences = new AudienceClient(connection);
    this.audit = new AuditClient(connection);
  }

  /** Closes every channel. */
  [Symbol.dispose](): void {
    const { collaborations, datasets, functions, queries, audiences, audit } = this;
    for (const client of [collaborations, datasets, functions, queries, audiences, audit]) client.close();
  }
}
