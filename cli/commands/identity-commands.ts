import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { identity } from '../../proto/index.ts';
import { printable, renderTable } from '../render/index.ts';
import { runCommand } from './command-context.ts';

interface CollaborationOption {
  readonly collaboration: string;
}

/** Adds `identity …`: who is one person in a collaboration. */
export function addIdentityCommands(program: Command): void {
  const group = program.command('identity').description('who is one person: the identity rules of a collaboration');
  group
    .command('show')
    .description('the identity rules in force')
    .requiredOption('--collaboration <id>', 'of which collaboration')
    .action(({ collaboration }: CollaborationOption, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const rules = await client.identity.rules(collaboration);
        show(identity.IdentityRules.toJSON(rules), () => renderRules(rules));
      }),
    );
  group
    .command('set <file>')
    .description('set the identity rules, a JSON document; for the creator, before the first charge')
    .requiredOption('--collaboration <id>', 'of which collaboration')
    .addHelpText(
      'after',
      `\nfor example: {"priority": ["member_id", "email", "phone", "custom:openid"], "household": null, "unit": "person"}`,
    )
    .action((file: string, { collaboration }: CollaborationOption, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const rulesJson = readFileSync(file, 'utf8');
        const rules = await client.identity.setRules({ collaborationId: collaboration, rulesJson });
        show(identity.IdentityRules.toJSON(rules), () => renderRules(rules));
      }),
    );
  group
    .command('explain')
    .description('what the rules make of your own identifiers, in exact counts of your own data')
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .action(({ collaboration }: CollaborationOption, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const counts = await client.identity.explain(collaboration);
        show(identity.ExplainIdentityResponse.toJSON(counts), () => renderCounts(counts));
      }),
    );
}

function renderRules({ rulesJson, rulesVersion, rulesDigest }: identity.IdentityRules): string {
  const since = rulesVersion === 0 ? 'the default rules' : `version ${rulesVersion}`;
  return `${printable(rulesJson)}\n${since}, digest ${rulesDigest}`;
}

function renderCounts(counts: identity.ExplainIdentityResponse): string {
  const rows = counts.kinds.map((kind) => [kind.identifier, kind.identifiers, kind.attached, kind.shared].map(String));
  return [
    `${counts.identifiers} identifiers are ${counts.persons} persons, by your own data alone`,
    renderTable(['kind', 'identifiers', 'attached to another', 'shared by several'], rows),
    ...(counts.crowded > 0n ? [`${counts.crowded} carry more others than a person has; their links do not count`] : []),
  ].join('\n');
}
