import type { Command } from 'commander';
import { mintToken, runServerCommand } from '../run-server-command.ts';
import { toJson } from './command-context.ts';

/** Adds `token`, `doctor` and `keys`, which run beside the service, on its machine. */
export function addServerCommands(program: Command): void {
  passThrough(program, 'token')
    .description("mint an access token from the embedded local issuer; needs the service's data directory")
    .addHelpText('after', '\nfor example: galley token --data .galley --principal ana --member chenxi --role brand')
    .action(async (args: string[], _options: object, command: Command) => {
      if (isJson(command)) process.stdout.write(`${toJson({ token: await mintToken(args) })}\n`);
      else process.exitCode = await runServerCommand(['token', ...args]);
    });
  passThrough(program, 'doctor')
    .description('test the wall on this machine: sandbox, network, engine locks')
    .action(async (args: string[], _options: object, command: Command) => {
      process.exitCode = await runServerCommand(['doctor', ...args, ...(isJson(command) ? ['--json'] : [])]);
    });
  passThrough(program, 'keys')
    .description(
      'keys at rest, beside the service: status, check, rotate-master, rotate-root, rotate-dataset, rotate-log, rotate-receipts',
    )
    .addHelpText('after', '\nfor example: galley keys status --data .galley')
    .action(async (args: string[], _options: object, command: Command) => {
      process.exitCode = await runServerCommand(['keys', ...args, ...(isJson(command) ? ['--json'] : [])]);
    });
}

// The server's program knows its own options; a second list of them here could only go stale.
function passThrough(program: Command, name: string): Command {
  return program.command(name).argument('[options...]', "options of the server's own command").allowUnknownOption();
}

function isJson(command: Command): boolean {
  return (command.optsWithGlobals() as { json?: boolean }).json === true;
}
