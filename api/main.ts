#!/usr/bin/env node
import * as module from 'node:module';
import { Command, Option } from 'commander';
import { openLocalIssuer, type Role, roles } from './auth/index.ts';
import { readConfig } from './config/index.ts';
import { examine, renderDiagnosis } from './doctor.ts';
import { openOperatorLog } from './grpc/index.ts';
import { addKeyCommands } from './upkeep/index.ts';

/** Life of a token minted for trying out. */
const TOKEN_SECONDS = 3_600;

interface ServerOptions {
  readonly config?: string;
  readonly data?: string;
  readonly listen?: string;
  readonly developmentWall?: true;
}

async function configOf({ config, data, listen, developmentWall }: ServerOptions): ReturnType<typeof readConfig> {
  return await readConfig(config, process.env, {
    ...(data === undefined ? {} : { dataDirectory: data }),
    ...(listen === undefined ? {} : { listenAddress: listen }),
    ...(developmentWall === undefined ? {} : { wall: { developmentWithoutBubblewrap: true } }),
  });
}

/** Prints where it listens as one line of JSON on stdout, logs to stderr, and stops on SIGINT and SIGTERM. */
async function start(options: ServerOptions): Promise<void> {
  const config = await configOf(options);
  // Only here: the other commands are there at once without a service around them.
  const { serve } = await import('./serve.ts');
  const running = await serve(config, openOperatorLog(process.stderr));
  const stop = (): void => {
    running.stop().then(
      () => process.exit(0),
      (cause: unknown) => fail(cause),
    );
  };
  // Before it says that it is there: whoever hears that may stop it at once, and then it is to stop in order.
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const host = config.listenAddress.slice(0, config.listenAddress.lastIndexOf(':'));
  process.stdout.write(`${JSON.stringify({ listening: `${host}:${running.port}` })}\n`);
  // Where the compile cache is on: Node would keep it at a regular end only, and the next start may follow a crash.
  module.flushCompileCache();
}

interface TokenOptions extends ServerOptions {
  readonly principal: string;
  readonly member: string;
  readonly role: Role;
  readonly collaborations?: string;
}

async function token({ principal, member, role, collaborations, ...options }: TokenOptions): Promise<void> {
  const issuer = await openLocalIssuer(await configOf(options));
  const scope = collaborations === '*' ? ('all' as const) : collaborations?.split(',');
  const minted = await issuer.mint({
    principal,
    member,
    role,
    ttlSeconds: TOKEN_SECONDS,
    now: new Date(),
    ...(scope === undefined ? {} : { collaborations: scope }),
  });
  process.stdout.write(`${minted}\n`);
}

async function doctor({ json, ...options }: ServerOptions & { readonly json?: boolean }): Promise<void> {
  const { wall } = await configOf(options);
  const diagnosis = await examine(wall);
  const { isSound, isForDevelopment, checks } = diagnosis;
  if (json) process.stdout.write(`${JSON.stringify({ sound: isSound, development: isForDevelopment, checks })}\n`);
  else process.stdout.write(renderDiagnosis(diagnosis));
  process.exitCode = isSound || isForDevelopment ? 0 : 1;
}

/** One sentence on what to do; the stack, for a report to us, when it is asked for. */
function fail(cause: unknown): never {
  const wantsStack = process.env.GALLEY_DEBUG === '1';
  const text = cause instanceof Error ? ((wantsStack ? cause.stack : undefined) ?? cause.message) : String(cause);
  process.stderr.write(`galley: ${text}\n`);
  process.exit(1);
}

const program = new Command('galley-server').description('the Galley service');
const withServer = (command: Command): Command =>
  command
    .option('--config <file>', 'configuration file (JSON)')
    .option('--data <directory>', 'data directory')
    .option('--listen <host:port>', 'address to listen on');

const withWall = (command: Command): Command =>
  command.option('--development-wall', 'where the wall does not hold, run without it: for made-up data only');

withWall(withServer(program.command('start').description('run the service'))).action(start);
withServer(program.command('token').description('mint a token from the embedded issuer, for trying out'))
  .requiredOption('--principal <name>', 'who the token is for')
  .requiredOption('--member <name>', 'the member it belongs to')
  .addOption(new Option('--role <role>', 'its role').choices(roles).makeOptionMandatory())
  .option('--collaborations <ids>', 'for auditors: collaborations they may read, separated by commas, or *')
  .action(token);
withWall(program.command('doctor').description('show what the wall keeps out on this machine, and what to do'))
  .option('--config <file>', 'configuration file (JSON)')
  .option('--json', 'as JSON')
  .action(doctor);
addKeyCommands<ServerOptions & { json?: boolean }>(program, {
  withData: (command) =>
    command.option('--config <file>', 'configuration file (JSON)').option('--data <directory>', 'data directory'),
  configOf,
});

program.parseAsync().catch(fail);
