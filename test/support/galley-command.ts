import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Actor } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';

const main = new URL('../../cli/main.ts', import.meta.url).pathname;

/** How a command ended. */
export interface CommandEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the command line that runs as a process of its own. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly end: Promise<CommandEnd>;
  /** What it has said on stderr so far. */
  readonly said: () => string;
}

/** Starts the command line as somebody, against the service of a stage. */
export async function startGalley(
  stage: ServiceStage,
  actor: Actor,
  args: readonly string[],
  { server = stage.service.address(), input }: { readonly server?: string; readonly input?: Uint8Array } = {},
): Promise<RunningCommand> {
  const env = { ...process.env, GALLEY_TOKEN: await stage.token(actor) };
  const child = spawn(process.execPath, [main, '--server', server, ...args], { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => {
    stdout += part;
  });
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  // A command that is refused may close its input before all of it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const end = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, end, said: () => stderr };
}

/** Runs a command to its end. */
export async function galley(
  stage: ServiceStage,
  actor: Actor,
  args: readonly string[],
  options: Parameters<typeof startGalley>[3] = {},
): Promise<CommandEnd> {
  return await (await startGalley(stage, actor, args, options)).end;
}
