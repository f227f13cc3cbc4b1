import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cast } from './cast.ts';
import { Party } from './party.ts';
import { StartedProcess } from './started-process.ts';

const serviceMain = new URL('../../api/main.ts', import.meta.url);
const engineMain = new URL('../strategy-engine/main.ts', import.meta.url);

/** Everything that runs while the story is told. */
export interface Stage extends AsyncDisposable {
  readonly platform: Party;
  readonly brand: Party;
  /** The platform's strategy engine. */
  readonly engine: StartedProcess;
  /** Where the engine looks for the key of its tokens. */
  readonly tokenKeyPath: string;
  readonly directory: string;
}

/** Starts the service and the strategy engine as processes of their own, and has a token minted for each party. */
export async function openStage(directory: string, strategiesPath: string): Promise<Stage> {
  const dataDirectory = join(directory, 'galley');
  const tokenKeyPath = join(directory, 'token-key');
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  await using opened = new AsyncDisposableStack();
  const serviceArgs = ['start', '--data', dataDirectory, '--listen', '127.0.0.1:0'];
  const service = opened.use(await StartedProcess.start(serviceMain, serviceArgs, join(directory, 'service.log')));
  const engineArgs = ['--data', join(directory, 'engine'), '--token-key', tokenKeyPath, '--content', strategiesPath];
  const engine = opened.use(await StartedProcess.start(engineMain, engineArgs, join(directory, 'engine.log')));
  const server = service.address('listening');
  const platform = opened.use(await Party.open(server, dataDirectory, cast.platform));
  const brand = opened.use(await Party.open(server, dataDirectory, cast.brand));
  const owned = opened.move();
  return { platform, brand, engine, tokenKeyPath, directory, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
