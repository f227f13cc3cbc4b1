import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GalleyClient } from '../../cli/client/index.ts';
import { ServiceProcess } from './service-process.ts';
import { type Actor, cast } from './service-rules.ts';
import { signToken, type TokenFields } from './service-tokens.ts';

const serviceMain = new URL('../../api/main.ts', import.meta.url);

/** Parts of the configuration file that a test sets. */
export interface StageConfig {
  readonly layout?: { readonly enabled?: boolean; readonly minRows?: number };
  readonly limits?: Readonly<Record<string, number>>;
  readonly wall?: { readonly developmentWithoutBubblewrap: boolean };
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile?: string };
  readonly log?: Readonly<Record<string, unknown>>;
  readonly keys?: { readonly master: Readonly<Record<string, string>> };
  readonly destinations?: { readonly dropDirectory?: string; readonly internalHosts?: readonly string[] };
}

/**
 * The service that ships, as a process of its own on a data directory of its own, and a client for everybody on it.
 *
 * It can be killed and started again: clients are then asked for anew, as the port is another one.
 */
export class ServiceStage implements AsyncDisposable {
  /** Holds everything of this stage; gone after it. */
  readonly directory = mkdtempSync(join(tmpdir(), 'galley-stage-'));
  readonly dataDirectory = join(this.directory, 'galley');
  readonly #logPath = join(this.directory, 'service.log');
  readonly #clients = new Map<string, GalleyClient>();
  #service: ServiceProcess | undefined;

  /** Makes a stage and starts the service on it. */
  static async open(config: StageConfig = {}, prefix: readonly string[] = []): Promise<ServiceStage> {
    const stage = new ServiceStage();
    mkdirSync(stage.dataDirectory, { mode: 0o700 });
    try {
      await stage.start(config, prefix);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Starts the service, and signs a token for everybody.
   *
   * @param prefix a command that starts the rest of its line, in another place or with other rights
   */
  async start(config: StageConfig = {}, prefix: readonly string[] = []): Promise<void> {
    const configPath = join(this.directory, 'config.json');
    const listenAddress = '127.0.0.1:0';
    writeFileSync(configPath, JSON.stringify({ ...config, dataDirectory: this.dataDirectory, listenAddress }));
    this.#service = await ServiceProcess.start(serviceMain, ['start', '--config', configPath], this.#logPath, prefix);
    if (config.tls !== undefined) return;
    for (const actor of Object.keys(cast) as Actor[]) this.#clients.set(actor, await this.clientWith(actor));
  }

  /** The running service. */
  get service(): ServiceProcess {
    if (this.#service === undefined) throw new Error('the service has not been started');
    return this.#service;
  }

  /** Somebody's client. */
  as(actor: Actor): GalleyClient {
    const client = this.#clients.get(actor);
    if (client === undefined) throw new Error('the service has not been started');
    return client;
  }

  /** A client whose token says something else than a good one of that actor. */
  async clientWith(actor: Actor, fields: TokenFields = {}): Promise<GalleyClient> {
    const token = await this.token(actor, fields);
    const client = new GalleyClient({ server: this.service.address(), token });
    this.#clients.set(`${actor} ${this.#clients.size}`, client);
    return client;
  }

  /** A token of somebody. */
  token(actor: Actor, fields: TokenFields = {}): Promise<string> {
    return signToken(this.dataDirectory, cast[actor], fields);
  }

  /** All that the service has written to its operator's log, over all its lives. */
  operatorLog(): string {
    return readFileSync(this.#logPath, 'utf8');
  }

  /** Ends the service; `SIGKILL` leaves it no moment to put anything in order. Answers its exit code. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
    this.#clients.clear();
    return await this.service.end(signal);
  }

  /** Ends the service without warning and starts it again on the same data. */
  async crash(): Promise<void> {
    await this.end('SIGKILL');
    await this.start();
  }

  /** Ends everything and removes the directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
    await this.#service?.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}
