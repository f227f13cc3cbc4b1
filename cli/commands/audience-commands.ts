import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { audiences } from '../../proto/index.ts';
import { formatNumber, printable, renderTable } from '../render/index.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { UsageFault } from './command-failure.ts';
import { parseEpsilon, readText } from './parse-option.ts';
import { addAudienceReceipt } from './receipt-commands.ts';

const states: Readonly<Record<number, string>> = {
  [audiences.ActivationState.ACCEPTED]: 'accepted, delivery under way',
  [audiences.ActivationState.DELIVERED]: 'delivered',
  [audiences.ActivationState.REVOKING]: 'withdrawal under way',
  [audiences.ActivationState.REVOKED]: 'withdrawn',
};

/** Adds `audience …`: persons selected by SQL, published and never shown. */
export function addAudienceCommands(program: Command): void {
  const group = program
    .command('audience')
    .description('persons selected by SQL: never shown, published to a destination');
  addDefine(group);
  addEstimate(group);
  addReads(group);
  addPublication(group);
  addAudienceReceipt(group);
}

interface DefineOptions {
  readonly collaboration: string;
  readonly sql?: string;
  readonly onBehalfOf?: string;
  readonly requestId?: string;
}

function addDefine(group: Command): void {
  group
    .command('define <name> [sql]')
    .description('check and store a definition: SQL that selects the identity column; touches no data')
    .requiredOption('--collaboration <id>', 'where the tables are joined')
    .option('--sql <file>', 'read the SQL from a file; - for standard input')
    .option('--on-behalf-of <member>', 'for a service provider: the member it acts for')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((displayName: string, argument: string | undefined, options: DefineOptions, command: Command) => {
      if ((argument === undefined) === (options.sql === undefined)) {
        throw new UsageFault('give the SQL either as an argument or with --sql');
      }
      const sql = argument ?? readText(options.sql ?? '-');
      const { collaboration: collaborationId, onBehalfOf = '', requestId = randomUUID() } = options;
      return runCommand(
        command,
        async (context) =>
          showAudience(
            context,
            await context.client.audiences.define({ collaborationId, displayName, sql, onBehalfOf, requestId }),
          ),
        sql,
      );
    });
}

function addEstimate(group: Command): void {
  group
    .command('estimate <audience>')
    .description('release a protected size; charged, and repeated at no charge while the data stays the same')
    .option('--epsilon <number>', 'privacy budget to spend; 0.1 when left out', parseEpsilon)
    .action((id: string, options: { epsilon?: number }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const answer = await client.audiences.estimate(id, options.epsilon ?? 0);
        const charged = formatNumber(answer.charged?.epsilon ?? 0, 4);
        show(
          audiences.EstimateAudienceResponse.toJSON(answer),
          () => `${sizeText(answer.size)}, charged epsilon ${charged}`,
        );
      }),
    );
}

function addReads(group: Command): void {
  group
    .command('show <audience>')
    .description('one audience with its publications')
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async (context) => showAudience(context, await context.client.audiences.get(id))),
    );
  group
    .command('list')
    .description("the audiences of the caller's member")
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .action((options: { collaboration: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const all = await client.audiences.list(options.collaboration);
        const rows = all.map((one) => [
          one.audienceId,
          one.displayName,
          sizeText(one.size),
          one.activations.map(activationText).join('; '),
        ]);
        show(all.map(audiences.Audience.toJSON), () => renderTable(['id', 'name', 'size', 'published'], rows));
      }),
    );
}

function addPublication(group: Command): void {
  group
    .command('activate <audience> <destination>')
    .description('publish an audience; refused when its protected size is under the minimum')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((audienceId: string, destinationId: string, options: { requestId?: string }, command: Command) =>
      runCommand(command, async (context) => {
        const request = { audienceId, destinationId, requestId: options.requestId ?? randomUUID() };
        showActivation(context, await context.client.audiences.activate(request));
      }),
    );
  group
    .command('revoke <audience> <destination>')
    .description('withdraw an audience from a destination')
    .action((audienceId: string, destinationId: string, _options: object, command: Command) =>
      runCommand(command, async (context) =>
        showActivation(context, await context.client.audiences.revoke(audienceId, destinationId)),
      ),
    );
}

function showAudience({ show }: CommandContext, audience: audiences.Audience): void {
  show(audiences.Audience.toJSON(audience), () =>
    [
      `${printable(audience.displayName)} (${audience.audienceId}) of ${audience.owner}: ${sizeText(audience.size)}`,
      ...audience.activations.map((activation) => `  ${activationText(activation)}`),
    ].join('\n'),
  );
}

function showActivation({ show }: CommandContext, activation: audiences.Activation): void {
  show(
    audiences.Activation.toJSON(activation),
    () => `${activationText(activation)}\nits receipt: galley audience receipt ${activation.activationId}`,
  );
}

function activationText({ destinationId, state, receipt }: audiences.Activation): string {
  const confirmed = receipt === '' ? '' : `, receipt ${printable(receipt)}`;
  return `${printable(destinationId)}: ${states[state] ?? '?'}${confirmed}`;
}

function sizeText(size: audiences.ProtectedSize | undefined): string {
  if (size === undefined) return 'size not estimated';
  const [persons, low, high] = [size.persons, size.ci95Low, size.ci95High].map((n) => formatNumber(Number(n)));
  return `about ${persons} persons (${low} to ${high})`;
}
