import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GalleyClient } from '../client/index.ts';
import { mintToken } from '../run-server-command.ts';
import { type Actor, cast, destinationId } from './cast.ts';
import { StartedProcess } from './started-process.ts';
import type { Story } from './story.ts';

const serverMain = new URL('../../api/main.ts', import.meta.url).pathname;
const engineMain = new URL('../../examples/strategy-engine/main.ts', import.meta.url).pathname;

/** Everything that runs while the story is told, each party with its own client. */
export interface Stage extends AsyncDisposable {
  readonly engineAddress: string;
  /** Where the shop front asks for content. */
  readonly engineHttp: string;
  readonly tokenKeyPath: string;
  readonly clients: Readonly<Record<keyof typeof cast, GalleyClient>>;
}

/** Starts the service and the strategy engine as processes of their own, and mints a token for each party. */
export async function openStage(directory: string, story: Story): Promise<Stage> {
  const dataDirectory = join(directory, 'galley');
  const tokenKeyPath = join(directory, 'token-key');
  const contentPath = join(directory, 'content.json');
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  writeFileSync(contentPath, JSON.stringify(contentRules(story)));

  await using opened = new AsyncDisposableStack();
  const start = async (main: string, args: readonly string[], log: string): Promise<StartedProcess> =>
    opened.adopt(await StartedProcess.start(main, args, join(directory, log)), (program) => program.stop());
  const service = await start(serverMain, ['start', '--data', dataDirectory, '--listen', '127.0.0.1:0'], 'service.log');
  const engineArgs = ['--data', join(directory, 'engine'), '--listen', '127.0.0.1:0', '--token-key', tokenKeyPath];
  const engine = await start(
    engineMain,
    [...engineArgs, '--identifier', 'email', '--content', contentPath],
    'engine.log',
  );

  const clientOf = async (actor: Actor): Promise<GalleyClient> => {
    const token = await mintToken(tokenOptions(dataDirectory, actor));
    return opened.use(new GalleyClient({ server: service.address('listening'), token }));
  };
  const clients = {
    platform: await clientOf(cast.platform),
    brand: await clientOf(cast.brand),
    isv: await clientOf(cast.isv),
    auditor: await clientOf(cast.auditor),
  };
  const owned = opened.move();
  return {
    engineAddress: engine.address('listening'),
    engineHttp: engine.address('http'),
    tokenKeyPath,
    clients,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function tokenOptions(dataDirectory: string, { principal, member, role }: Actor): string[] {
  const options = ['--data', dataDirectory, '--principal', principal, '--member', member, '--role', role];
  // Who verifies the log must see all of it, whichever collaboration an entry is of.
  return role === 'auditor' ? [...options, '--collaborations', '*'] : options;
}

function contentRules({ audience, content }: Story): object {
  const rule = { audience: audience.name, content: content.forAudience };
  return { scenes: { [destinationId]: { default: content.default, audiences: [rule] } } };
}
