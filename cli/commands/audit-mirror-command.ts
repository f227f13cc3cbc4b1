import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { MirroredLog } from '../auditor/mirror-log.ts';
import { startProgress } from '../render/index.ts';
import { type CommandContext, runCommand } from './command-context.ts';

interface MirrorOptions {
  readonly to: string;
  readonly verifierKey?: string;
}

/** Adds `audit mirror`: a copy of the log's files that needs no service any more. */
export function addAuditMirror(group: Command): void {
  group
    .command('mirror')
    .description('copy the whole log into a folder, or bring such a copy up to date, checking that it is one history')
    .requiredOption('--to <directory>', 'where the copy is; made when missing, gone on with after an interruption')
    .option(
      '--verifier-key <file>',
      'a public key of the log as you know it; else the one that the copy began with is believed',
    )
    .action((options: MirrorOptions, command: Command) => runCommand(command, (context) => mirror(context, options)));
}

async function mirror({ client, json, show }: CommandContext, options: MirrorOptions): Promise<void> {
  const { mirrorLog } = await import('../auditor/mirror-log.ts');
  let progress: ReturnType<typeof startProgress> | undefined;
  const onProgress = (entries: number, ofEntries: number): void => {
    progress ??= startProgress('mirroring', ofEntries, 'entries');
    progress.to(entries);
  };
  const verifierKey = options.verifierKey === undefined ? undefined : readFileSync(options.verifierKey, 'utf8').trim();
  try {
    const mirrored = await mirrorLog(client, {
      directory: options.to,
      verifierKey,
      onProgress: json ? undefined : onProgress,
    });
    progress?.finish();
    show(mirrored, () => renderMirrored(mirrored, options.to));
  } catch (error) {
    progress?.stop();
    throw error;
  }
}

function renderMirrored({ origin, treeSize, fetchedEntries, ...key }: MirroredLog, directory: string): string {
  return [
    `\`${directory}\` is a mirror of \`${origin}\`: ${treeSize} entries, of which ${fetchedEntries} are new`,
    ...(key.isKeyBelieved ? [`with the key the service named: ${key.verifierKey}`] : []),
  ].join('\n');
}
