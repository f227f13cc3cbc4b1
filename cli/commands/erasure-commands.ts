import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { rights } from '../../proto/index.ts';
import type { GalleyClient } from '../client/index.ts';
import { type CommandContext, runCommand } from './command-context.ts';

/** How often an erasure that is under way is asked after. */
const ASK_AGAIN_MS = 2_000;

/** Adds `dataset erase`. */
export function addDatasetErasure(group: Command): void {
  group
    .command('erase <dataset>')
    .description('erase a dataset for good: its rows, originals and key; audiences made with it are withdrawn')
    .requiredOption('--yes', 'says that it is meant: there is no way back')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((datasetId: string, options: { requestId?: string }, command: Command) =>
      runCommand(command, async (context) => {
        const requestId = options.requestId ?? randomUUID();
        const begun = await context.client.rights.eraseDataset({ datasetId, requestId });
        showErasures(context, [await untilDone(context.client, begun)]);
      }),
    );
}

/** Adds `member …`: all that a member has brought. */
export function addMemberErasure(program: Command): void {
  program
    .command('member')
    .description("all that the caller's member has brought")
    .command('erase <member>')
    .description('erase every dataset, upload and opt-out of your own member for good')
    .requiredOption('--yes', 'says that it is meant: there is no way back')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .action((member: string, options: { requestId?: string }, command: Command) =>
      runCommand(command, async (context) => {
        const requestId = options.requestId ?? randomUUID();
        const begun = await context.client.rights.eraseMember({ member, requestId });
        showErasures(context, [await untilDone(context.client, begun)]);
      }),
    );
}

/** Waits until an erasure is done; interrupted, it goes on at the service. */
export async function untilDone(client: GalleyClient, begun: rights.Erasure): Promise<rights.Erasure> {
  let erasure = begun;
  while (!erasure.isDone) {
    process.stderr.write(`erasure ${erasure.erasureId} is under way; it goes on by itself\n`);
    await sleep(ASK_AGAIN_MS);
    erasure = await client.rights.getErasure(erasure.erasureId);
  }
  return erasure;
}

/** Shows what erasures have erased. */
export function showErasures({ show }: CommandContext, erasures: readonly rights.Erasure[]): void {
  show(erasures.map(rights.Erasure.toJSON), () => erasures.map(renderErasure).join('\n'));
}

function renderErasure(erasure: rights.Erasure): string {
  const { rowCount, refusedRowCount, partCount, waitingUploadCount } = erasure;
  const lines = [`erasure ${erasure.erasureId}: ${rowCount} rows of ${partCount} uploads are gone`];
  if (refusedRowCount > 0n)
    lines.push(`  ${refusedRowCount} rows that had been refused are gone from the originals too`);
  if (waitingUploadCount > 0n)
    lines.push(`  ${waitingUploadCount} files that are sent but not published were not searched`);
  if (erasure.leafIndex !== undefined) lines.push(`  receipt: entry ${erasure.leafIndex} of the log`);
  return lines.join('\n');
}
