import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceProcess } from './service-process.ts';

const engineMain = new URL('../../examples/strategy-engine/main.ts', import.meta.url);

/** The reference strategy engine without a clean room, on one port over all its lives. */
export class LoneEngine implements AsyncDisposable {
  readonly #directory: string;
  #running: ServiceProcess;
  readonly address: string;

  private constructor(directory: string, running: ServiceProcess) {
    this.#directory = directory;
    this.#running = running;
    this.address = running.address();
  }

  /** Starts it in a folder. */
  static async open(directory: string): Promise<LoneEngine> {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'content.json'), JSON.stringify({ scenes: { 'shop-front': { default: 'news' } } }));
    return new LoneEngine(directory, await launch(directory, '127.0.0.1:0'));
  }

  /** Where it keeps what it was given. */
  get dataDirectory(): string {
    return join(this.#directory, 'engine');
  }

  /** Where it looks for the key of its tokens. */
  get tokenKeyPath(): string {
    return join(this.#directory, 'token-key');
  }

  /** Dies without warning. */
  async die(): Promise<void> {
    await this.#running.end('SIGKILL');
  }

  /** Starts again on what it has stored. */
  async rise(): Promise<void> {
    this.#running = await launch(this.#directory, this.address);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.die();
  }
}

async function launch(directory: string, listen: string): Promise<ServiceProcess> {
  const paths = ['--data', join(directory, 'engine'), '--token-key', join(directory, 'token-key')];
  const args = [...paths, '--content', join(directory, 'content.json'), '--listen', listen];
  return await ServiceProcess.start(engineMain, args, join(directory, 'engine.log'));
}
