import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { audiences } from '../../proto/index.ts';
import { renderTable } from '../render/index.ts';
import { runCommand } from './command-context.ts';

interface CreateOptions {
  readonly collaboration: string;
  readonly address: string;
  readonly destinationCa?: string;
  readonly identifier: string;
  readonly keyOut: string;
}

/** Adds `destination …`: strategy engines that audiences may be published to. */
export function addDestinationCommands(program: Command): void {
  const group = program.command('destination').description('strategy engines that audiences may be published to');
  group
    .command('create <name>')
    .description('register a strategy engine; for platform members')
    .requiredOption('--collaboration <id>', 'whose audiences it takes')
    .requiredOption('--address <host:port>', 'where its gRPC service listens')
    .requiredOption('--key-out <file>', 'where to write the token key, which is shown this once')
    .option('--destination-ca <file>', 'PEM authority for its TLS; left out for a loopback address without TLS')
    .option(
      '--identifier <kind>',
      'what its tokens are made of: email, phone, member_id, device_id, card_number or custom:name',
      'email',
    )
    .action((destinationId: string, options: CreateOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const { collaboration: collaborationId, address, identifier, destinationCa } = options;
        const caCertificatePem = destinationCa === undefined ? '' : readFileSync(destinationCa, 'utf8');
        const request = { collaborationId, destinationId, address, caCertificatePem, identifier };
        // The file is made first: a key that was shown and could not be written would be lost for good.
        writeFileSync(options.keyOut, '', { flag: 'wx', mode: 0o600 });
        const { destination, tokenKey } = await client.audiences.createDestination(request).catch((error: unknown) => {
          rmSync(options.keyOut);
          throw error;
        });
        writeFileSync(options.keyOut, `${Buffer.from(tokenKey).toString('hex')}\n`, { mode: 0o600 });
        show(
          { destination, keyOut: options.keyOut },
          () => `destination ${destinationId} at ${address}; its token key is in ${options.keyOut}`,
        );
      }),
    );
  group
    .command('list')
    .description('the destinations of a collaboration')
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .action((options: { collaboration: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const all = await client.audiences.listDestinations(options.collaboration);
        const rows = all.map((one) => [one.destinationId, one.owner, one.address, one.identifier]);
        show(all.map(audiences.Destination.toJSON), () => renderTable(['id', 'owner', 'address', 'identifier'], rows));
      }),
    );
}
