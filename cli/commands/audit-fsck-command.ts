import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { CheckedFolder } from '../auditor/check-folder.ts';
import { startProgress } from '../render/index.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { exitCodes } from './command-failure.ts';

interface FsckOptions {
  readonly repair?: boolean;
  readonly verifierKey?: string;
}

/** Adds `audit fsck`: the files of a log, made again from its entries alone. */
export function addAuditFsck(group: Command): void {
  group
    .command('fsck')
    .description('make every tile and root of a log again from its entries alone, and name every file that differs')
    .argument('<directory>', 'a mirror, or the folder `log` of a service that is stopped')
    .option('--repair', 'rewrite tiles of hashes that differ, if the entries make the signed tree; never an entry')
    .option('--verifier-key <file>', "the log's newest public key; else nobody checks who signed the checkpoint")
    .action((directory: string, options: FsckOptions, command: Command) =>
      runCommand(command, (context) => fsck(context, directory, options)),
    );
}

async function fsck({ json, show }: CommandContext, directory: string, options: FsckOptions): Promise<void> {
  const { checkFolder } = await import('../auditor/check-folder.ts');
  const progress = json ? undefined : startProgress('checking', 0, 'entries');
  const verifierKey = options.verifierKey === undefined ? undefined : readFileSync(options.verifierKey, 'utf8').trim();
  try {
    const checked = await checkFolder({
      directory,
      repair: options.repair === true,
      verifierKey,
      onProgress: (entries) => progress?.to(entries),
    });
    progress?.finish();
    show(checked, () => renderChecked(checked));
    if (!checked.isWhole) process.exitCode = exitCodes.failed;
  } catch (error) {
    progress?.stop();
    throw error;
  }
}

function renderChecked({ entries, treeSize, differences, differencesCount, repairedTiles }: CheckedFolder): string {
  const unnamed = differencesCount - differences.length;
  return [
    `${entries} entries read; the checkpoint ${treeSize === null ? 'cannot be used' : `speaks of ${treeSize}`}`,
    ...differences.map(({ path, message, code }) => `${path}: ${message} (${code})`),
    ...(unnamed > 0 ? [`and ${unnamed} more differences`] : []),
    ...(repairedTiles > 0 ? [`repaired tiles: ${repairedTiles}`] : []),
    ...(differencesCount === 0 ? ['every file is what the entries make'] : []),
  ].join('\n');
}
