import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { audiences } from '../../proto/index.ts';
import { formatNumber, printable, renderTable } from '../render/index.ts';
import { type DefinitionOptions, definitionOf, sourceText, withDefinition } from './audience-definition.ts';
import { addAudienceLooks } from './audience-look-commands.ts';
import { sizeText } from './audience-text.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { parseEpsilon } from './parse-option.ts';
import { activationText, addPublicationCommands } from './publication-commands.ts';
import { addAudienceReceipt } from './receipt-commands.ts';

/** Adds `audience …`: persons selected by SQL, rules or other audiences, published and never shown. */
export function addAudienceCommands(program: Command): void {
  const group = program
    .command('audience')
    .description('persons selected by SQL: never shown, published to a destination');
  addDefine(group);
  addAudienceLooks(group);
  addEstimate(group);
  addReads(group);
  addPublicationCommands(group);
  addAudienceReceipt(group);
}

interface DefineOptions extends DefinitionOptions {
  readonly collaboration: string;
  readonly onBehalfOf?: string;
  readonly requestId?: string;
}

function addDefine(group: Command): void {
  withDefinition(group.command('define <name> [sql]'))
    .description('check and store a definition: SQL, a rule over tags, or other audiences; touches no data')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((displayName: string, sql: string | undefined, options: DefineOptions, command: Command) => {
      const definition = definitionOf(sql, options);
      const { collaboration: collaborationId, onBehalfOf = '', requestId = randomUUID() } = options;
      return runCommand(
        command,
        async (context) => {
          const request = { collaborationId, displayName, sql: '', definition, onBehalfOf, requestId };
          showAudience(context, await context.client.audiences.define(request));
        },
        sourceText(definition),
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

function showAudience({ show }: CommandContext, audience: audiences.Audience): void {
  show(audiences.Audience.toJSON(audience), () =>
    [
      `${printable(audience.displayName)} (${audience.audienceId}) of ${audience.owner}: ${sizeText(audience.size)}`,
      ...audience.activations.map((activation) => `  ${activationText(activation)}`),
    ].join('\n'),
  );
}
