import { AudienceClient } from './audience-client.ts';
import { AuditClient } from './audit-client.ts';
import { CollaborationClient } from './collaboration-client.ts';
import { type ConnectionOptions, openConnection } from './connection.ts';
import { DatasetClient } from './dataset-client.ts';
import { DestinationClient } from './destination-client.ts';
import { EffectClient } from './effect-client.ts';
import { FunctionClient } from './function-client.ts';
import { IdentityClient } from './identity-client.ts';
import { MatchClient } from './match-client.ts';
import { ModelClient } from './model-client.ts';
import { QueryClient } from './query-client.ts';
import { RightsClient } from './rights-client.ts';
import { TagClient } from './tag-client.ts';
import { TemplateClient } from './template-client.ts';
import { UploadClient } from './upload-client.ts';

/** All chapters of the contract, as one principal. */
export class GalleyClient implements Disposable {
  readonly collaborations: CollaborationClient;
  readonly datasets: DatasetClient;
  readonly uploads: UploadClient;
  readonly functions: FunctionClient;
  readonly identity: IdentityClient;
  readonly queries: QueryClient;
  readonly audiences: AudienceClient;
  readonly effects: EffectClient;
  readonly destinations: DestinationClient;
  readonly models: ModelClient;
  readonly matches: MatchClient;
  readonly audit: AuditClient;
  readonly rights: RightsClient;
  readonly templates: TemplateClient;
  readonly tags: TagClient;

  constructor(options: ConnectionOptions) {
    const connection = openConnection(options);
    this.collaborations = new CollaborationClient(connection);
    this.uploads = new UploadClient(connection);
    this.datasets = new DatasetClient(connection, this.uploads);
    this.functions = new FunctionClient(connection);
    this.identity = new IdentityClient(connection);
    this.queries = new QueryClient(connection);
    this.audiences = new AudienceClient(connection);
    this.effects = new EffectClient(connection);
    this.destinations = new DestinationClient(connection);
    this.models = new ModelClient(connection);
    this.matches = new MatchClient(connection);
    this.audit = new AuditClient(connection);
    this.rights = new RightsClient(connection);
    this.templates = new TemplateClient(connection);
    this.tags = new TagClient(connection);
  }

  /** Closes every channel. */
  [Symbol.dispose](): void {
    for (const client of Object.values(this) as { close(): void }[]) client.close();
  }
}
