import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { printable } from '../render/index.ts';
import { runCommand } from './command-context.ts';

/** Adds `audit keys`: what to note on the first day, and how it changed since. */
export function addAuditKeys(group: Command): void {
  group
    .command('keys')
    .description("the log's public keys: note the newest where nobody changes it, and verify with it ever after")
    .option('--save <file>', 'keep all of them in this file, each with the proof of its change')
    .action((options: { save?: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const { logKeys, receiptKeys, history } = await client.audit.keys();
        if (options.save !== undefined) writeFileSync(options.save, history);
        const value = {
          logKeys: logKeys.map(({ verifierKey, leafIndex }) => ({ verifierKey, leafIndex })),
          receiptKeys: receiptKeys.map(({ jwk, leafIndex }) => ({ ...(JSON.parse(jwk) as object), leafIndex })),
        };
        show(value, () => logKeys.map(({ verifierKey }) => printable(verifierKey)).join('\n'));
      }),
    );
}
