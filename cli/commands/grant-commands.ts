import { type Command, InvalidArgumentError } from 'commander';
import { collaborations } from '../../proto/index.ts';
import { when } from './collaboration-text.ts';
import { runCommand } from './command-context.ts';
import { nameAbilities, parseAbilities } from './parse-ability.ts';
import { collect } from './parse-option.ts';

const dayMs = 24 * 60 * 60 * 1000;
// The contract's own limit: a right that nobody renews should not outlive its reason.
const maxGrantDays = 366;
const defaultGrantDays = 30;

interface GrantOptions {
  readonly may: collaborations.Ability[];
  readonly table: string[];
  readonly days: number;
}

/** Adds `collaboration grant` and `collaboration revoke`. */
export function addGrantCommands(group: Command): void {
  group
    .command('grant <collaboration> <isv>')
    .description("let a service provider act for the caller's member, in a scope, until a day")
    .requiredOption(
      '--may <abilities>',
      'query, activate, template (run what you have approved), or several: query+activate',
      parseAbilities,
    )
    .requiredOption('--table <member.alias>', 'a table it may touch; repeat', collect(String))
    .option('--days <number>', `days until the grant ends, ${maxGrantDays} at most`, parseDays, defaultGrantDays)
    .action((collaborationId: string, grantee: string, { may, table, days }: GrantOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const expiresAt = new Date(Date.now() + days * dayMs);
        const grant = await client.collaborations.grant({
          collaborationId,
          grantee,
          abilities: may,
          tables: table,
          expiresAt,
        });
        show(
          collaborations.Grant.toJSON(grant),
          () =>
            `grant ${grant.grantId}: ${grant.grantee} may ${nameAbilities(grant.abilities)} until ${when(grant.expiresAt)}`,
        );
      }),
    );
  group
    .command('revoke <collaboration> <grant>')
    .description('end a grant at once')
    .action((collaborationId: string, grantId: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const grant = await client.collaborations.revoke(collaborationId, grantId);
        show(collaborations.Grant.toJSON(grant), () => `grant ${grant.grantId} ended ${when(grant.revokedAt)}`);
      }),
    );
}

function parseDays(value: string): number {
  const days = Number(value);
  if (!Number.isInteger(days) || days < 1 || days > maxGrantDays)
    throw new InvalidArgumentError(`it must be a whole number from 1 to ${maxGrantDays}`);
  return days;
}
