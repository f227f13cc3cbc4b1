import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { destinations } from '../../proto/index.ts';
import type { GalleyClient } from '../client/index.ts';
import { renderTable } from '../render/index.ts';
import { runCommand } from './command-context.ts';
import { collect, parseCount } from './parse-option.ts';

const { DestinationKind: Kind } = destinations;

const kinds = {
  'strategy-engine': Kind.STRATEGY_ENGINE,
  nats: Kind.NATS,
  webhook: Kind.WEBHOOK,
  'file-drop': Kind.FILE_DROP,
} as const;

interface ProposeOptions {
  readonly collaboration: string;
  readonly kind: keyof typeof kinds;
  readonly address: string;
  readonly purpose: string;
  readonly destinationCa?: string;
  readonly identifier: string;
  readonly minSize: number;
  readonly allow?: readonly string[];
  readonly retentionDays: number;
  readonly recipient: string;
  readonly keyOut?: string;
  readonly secretOut?: string;
}

interface InCollaboration {
  readonly collaboration: string;
}

/** Adds `destination …`: where audiences may be published to, on terms that the parties approve. */
export function addDestinationCommands(program: Command): void {
  const group = program
    .command('destination')
    .description('where audiences may be published to, on terms that all whose data goes there approve');
  addPropose(group);
  group
    .command('list')
    .description('the destinations of a collaboration, their terms, and who has approved them')
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .action((options: InCollaboration, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const all = await client.destinations.list(options.collaboration);
        show(all.map(destinations.Destination.toJSON), () => all.map(destinationText).join('\n') || 'no destinations');
      }),
    );
  addOne(group, 'approve <name> <digest>', "approve a destination's terms by the digest that `list` shows").action(
    (name: string, termsDigest: string, options: InCollaboration, command: Command) =>
      change(command, options, (client, collaborationId) =>
        client.destinations.approve({ collaborationId, destinationId: name, termsDigest }),
      ),
  );
  addOne(group, 'withdraw <name>', "take your member's approval back; what is there of its data is withdrawn").action(
    (name: string, options: InCollaboration, command: Command) =>
      change(command, options, (client, collaborationId) => client.destinations.withdraw(collaborationId, name)),
  );
  addOne(group, 'close <name>', 'close your destination for good; what is there is withdrawn').action(
    (name: string, options: InCollaboration, command: Command) =>
      change(command, options, (client, collaborationId) => client.destinations.end(collaborationId, name)),
  );
}

function addOne(group: Command, usage: string, description: string): Command {
  return group.command(usage).description(description).requiredOption('--collaboration <id>', 'in which collaboration');
}

function change(
  command: Command,
  { collaboration }: InCollaboration,
  work: (client: GalleyClient, collaborationId: string) => Promise<destinations.Destination>,
): Promise<void> {
  return runCommand(command, async ({ client, show }) => {
    const changed = await work(client, collaboration);
    show(destinations.Destination.toJSON(changed), () => destinationText(changed));
  });
}

function addPropose(group: Command): void {
  group
    .command('propose <name>')
    .description('propose a destination, or other terms of one; for platform members')
    .requiredOption('--collaboration <id>', 'whose audiences it takes')
    .requiredOption('--address <where>', 'host:port, tls://host:port/subject, https://…, or a folder of the file drop')
    .requiredOption('--purpose <word>', 'what it may use audiences for, for example shop-front')
    .addOption(new Option('--kind <kind>', 'how it is reached').choices(Object.keys(kinds)).default('strategy-engine'))
    .option('--destination-ca <file>', 'PEM authority for its TLS; left out for a loopback address without TLS')
    .option(
      '--identifier <kind>',
      'what its tokens are made of: email, phone, member_id, device_id, card_number or custom:name',
      'email',
    )
    .option('--min-size <persons>', 'fewest persons of an audience, by the protected size', parseCount, 0)
    .option('--allow <member>', 'takes audiences of this member and no others (repeatable)', collect(String))
    .option('--retention-days <days>', 'days after which it must have forgotten what was not refreshed', parseDays, 0)
    .option('--recipient <age1…>', 'of a file drop: who can open its files', '')
    .option('--key-out <file>', 'of a new destination: where to write the token key, which is shown once')
    .option('--secret-out <file>', 'of a new webhook: where to write the secret that signs its messages')
    .action((name: string, options: ProposeOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        await assertFilesNamed(client, name, options);
        const proposed = await withSecretFiles(options, () => client.destinations.propose(requestOf(name, options)));
        const { destination, brokerUser } = proposed;
        if (destination === undefined) throw new Error('the service answered without the destination');
        const { keyOut, secretOut } = options;
        const shown = destinations.Destination.toJSON(destination) as object;
        show({ ...shown, keyOut, secretOut, brokerUser }, () =>
          [
            destinationText(destination),
            ...(proposed.tokenKey.length === 0 ? [] : [`  its token key is in ${keyOut}`]),
            ...(proposed.signingSecret === '' ? [] : [`  the secret of its messages is in ${secretOut}`]),
            ...(brokerUser === '' ? [] : [`  let this user publish at the broker: ${brokerUser}`]),
          ].join('\n'),
        );
      }),
    );
}

function parseDays(value: string): number {
  const days = parseCount(value);
  if (days > 3_650) throw new InvalidArgumentError('it must be at most 3650');
  return days;
}

function requestOf(destinationId: string, options: ProposeOptions): destinations.ProposeDestinationRequest {
  const { destinationCa } = options;
  return {
    collaborationId: options.collaboration,
    destinationId,
    terms: {
      kind: kinds[options.kind],
      address: options.address,
      caCertificatePem: destinationCa === undefined ? '' : readFileSync(destinationCa, 'utf8'),
      identifier: options.identifier,
      purpose: options.purpose,
      minSize: BigInt(options.minSize),
      allowedMembers: [...(options.allow ?? [])],
      retentionDays: options.retentionDays,
      recipient: options.recipient,
    },
  };
}

/** A key that is shown once and written nowhere would be lost for good. */
async function assertFilesNamed(client: GalleyClient, name: string, options: ProposeOptions): Promise<void> {
  const isNew = !(await client.destinations.list(options.collaboration)).some((one) => one.destinationId === name);
  if (!isNew) return;
  if (options.keyOut === undefined)
    throw new Error('a new destination needs `--key-out`, where its token key is written');
  if (options.kind !== 'webhook' || options.secretOut !== undefined) return;
  throw new Error('a new webhook needs `--secret-out`, where the secret of its messages is written');
}

/** The files are made first, so that nothing is shown that cannot be kept; one that stays empty is removed. */
async function withSecretFiles(
  { keyOut, secretOut }: ProposeOptions,
  work: () => Promise<destinations.ProposeDestinationResponse>,
): Promise<destinations.ProposeDestinationResponse> {
  const files = [keyOut, secretOut].filter((file) => file !== undefined);
  for (const file of files) writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
  try {
    const proposed = await work();
    keep(keyOut, Buffer.from(proposed.tokenKey).toString('hex'));
    keep(secretOut, proposed.signingSecret);
    return proposed;
  } catch (error) {
    for (const file of files) rmSync(file);
    throw error;
  }
}

function keep(file: string | undefined, secret: string): void {
  if (file === undefined) return;
  if (secret === '') rmSync(file);
  else writeFileSync(file, `${secret}\n`, { mode: 0o600 });
}

function destinationText({
  destinationId,
  owner,
  terms,
  termsDigest,
  approvals,
  closedAt,
}: destinations.Destination): string {
  const kind = Object.entries(kinds).find(([, value]) => value === terms?.kind)?.[0] ?? '?';
  const allowed = terms?.allowedMembers.join(', ') || 'every member that may activate';
  const rows = [
    ['how', kind],
    ['address', terms?.address ?? ''],
    ['tokens of', terms?.identifier ?? ''],
    ['purpose', terms?.purpose || 'none: its owner has to propose terms'],
    ['fewest persons', String(terms?.minSize ?? 0)],
    ['takes audiences of', allowed],
    [
      'forgets after',
      terms?.retentionDays ? `${terms.retentionDays} days` : 'a withdrawal or the end of a publication',
    ],
    ...(terms?.recipient ? [['files for', terms.recipient]] : []),
    ['terms', termsDigest],
    ['approved by', approvals.map(({ member }) => member).join(', ') || 'nobody'],
  ];
  const title = `${owner}/${destinationId}${closedAt === undefined ? '' : ', closed'}`;
  return `${title}\n${renderTable(['', ''], rows)}`;
}
