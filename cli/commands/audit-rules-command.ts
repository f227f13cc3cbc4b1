import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { runCommand } from './command-context.ts';

/** Adds `audit rules`: what an owner put in force, by the digest that the log names it by. */
export function addAuditRules(group: Command): void {
  group
    .command('rules')
    .description('show the rules that a digest of the log names; the digest is computed again here')
    .argument('<digest>', 'as an entry names them, for example in `rulesDigest`')
    .requiredOption('--collaboration <id>', 'where they were put in force')
    .action((rulesDigest: string, options: { collaboration: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const { rulesJson, ...facts } = await client.audit.rules(options.collaboration, rulesDigest);
        const found = createHash('sha256').update(rulesJson).digest('hex');
        if (found !== rulesDigest) throw new Error(`the rules that were answered have the digest ${found}`);
        const rules: unknown = JSON.parse(Buffer.from(rulesJson).toString());
        show({ ...facts, rules }, () =>
          [
            `${facts.owner}.${facts.alias}, version ${facts.rulesVersion}, ${facts.setAt?.toISOString() ?? ''}`,
            JSON.stringify(rules, null, 2),
          ].join('\n'),
        );
      }),
    );
}
