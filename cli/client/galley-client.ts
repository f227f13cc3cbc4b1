import { AudienceClient } from './audience-client.ts';
import { AuditClient } from './audit-client.ts';
import { CollaborationClient } from './collaboration-client.ts';
import { type ConnectionOptions, openConnection } from './connection.ts';
import { DatasetClient } from './dataset-client.ts';
import { QueryClient } from './query-client.ts';

/** All chapters of the contract, as one principal. */
export class GalleyClient implements Disposable {
  readonly collaborations: CollaborationClient;
  readonly datasets: DatasetClient;
  readonly queries: QueryClient;
  readonly audiences: AudienceClient;
  readonly audit: AuditClient;

  constructor(options: ConnectionOptions) {
    const connection = openConnection(options);
    this.collaborations = new CollaborationClient(connection);
    this.datasets = new DatasetClient(connection);
    this.queries = new QueryClient(connection);
    this.audiences = new AudienceClient(connection);
    this.audit = new AuditClient(connection);
  }

  /** Closes every channel. */
  [Symbol.dispose](): void {
    for (const client of [this.collaborations, this.datasets, this.queries, this.audiences, this.audit]) client.close();
  }
}
