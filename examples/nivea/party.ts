import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { audiences, collaborations, datasets, destinations, effects, tags } from '../../proto/index.ts';

const run = promisify(execFile);
const serviceMain = new URL('../../api/main.ts', import.meta.url).pathname;
const commandMain = new URL('../../cli/main.ts', import.meta.url).pathname;
/** A call that waits for a run behind the wall has a limit of the service's own, which is shorter. */
const CALL_MS = 600_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

type Method<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** Who a token is for. */
export interface Principal {
  readonly principal: string;
  readonly member: string;
  readonly role: 'platform' | 'brand';
}

/** One side of the story, with its token: what it may do follows from that alone. */
export class Party implements Disposable {
  readonly member: string;
  readonly #server: string;
  readonly #token: string;
  readonly audiences: audiences.AudienceServiceClient;
  readonly collaborations: collaborations.CollaborationServiceClient;
  readonly datasets: datasets.DatasetServiceClient;
  readonly destinations: destinations.DestinationServiceClient;
  readonly effects: effects.EffectServiceClient;
  readonly tags: tags.TagServiceClient;

  private constructor(member: string, server: string, token: string) {
    this.member = member;
    this.#server = server;
    this.#token = token;
    const open = [server, credentials.createInsecure()] as const;
    this.audiences = new audiences.AudienceServiceClient(...open);
    this.collaborations = new collaborations.CollaborationServiceClient(...open);
    this.datasets = new datasets.DatasetServiceClient(...open);
    this.destinations = new destinations.DestinationServiceClient(...open);
    this.effects = new effects.EffectServiceClient(...open);
    this.tags = new tags.TagServiceClient(...open);
  }

  /** Has a token minted by the embedded issuer of a data directory. */
  static async open(server: string, dataDirectory: string, { principal, member, role }: Principal): Promise<Party> {
    const who = ['--principal', principal, '--member', member, '--role', role];
    const { stdout } = await run(process.execPath, [serviceMain, 'token', '--data', dataDirectory, ...who]);
    return new Party(member, server, stdout.trim());
  }

  /** Makes one call of the contract. Rejects with the ServiceError of gRPC. */
  call<Client, Request, Response>(client: Client, method: Method<Request, Response>, request: Request) {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${this.#token}`);
    return new Promise<Response>((resolve, reject) => {
      method.call(client, request, metadata, { deadline: Date.now() + CALL_MS }, (error, response) =>
        error === null ? resolve(response) : reject(error),
      );
    });
  }

  /** Runs a command of `galley`: files go up by it, as it goes on after every interruption. */
  async galley(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, GALLEY_TOKEN: this.#token, GALLEY_SERVER: this.#server };
    const options = { env, maxBuffer: MAX_OUTPUT_BYTES };
    return (await run(process.execPath, [commandMain, ...args], options)).stdout;
  }

  /** Closes every channel. */
  [Symbol.dispose](): void {
    const all = [this.audiences, this.collaborations, this.datasets, this.destinations, this.effects, this.tags];
    for (const client of all) client.close();
  }
}
