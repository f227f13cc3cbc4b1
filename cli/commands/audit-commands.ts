import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { replayAudit } from '../audit-replay.ts';
import { verifyAudit } from '../audit-verify.ts';
import { renderTable } from '../render/index.ts';
import { runCommand } from './command-context.ts';
import { exitCodes } from './command-failure.ts';
import { parseEntry, type ShownEntry } from './entry-text.ts';
import { parseCount } from './parse-option.ts';

interface ListOptions {
  readonly collaboration?: string;
  readonly kind?: string;
  readonly from: number;
  readonly limit?: number;
}

/** Adds `audit …`: the log, and its verification on the auditor's own machine. */
export function addAuditCommands(program: Command): void {
  const group = program
    .command('audit')
    .description('the append-only log of everything that was asked, decided and released');
  addList(group);
  addVerify(group);
  addReplay(group);
}

function addList(group: Command): void {
  group
    .command('list')
    .description('entries in order of the log')
    .option('--collaboration <id>', 'only entries of this collaboration')
    .option('--kind <kind>', 'only entries of this kind, for example release-made')
    .option('--from <index>', 'from this entry on', parseCount, 0)
    .option('--limit <number>', 'at most this many entries', parseCount)
    .action((options: ListOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const { collaboration: collaborationId = '', kind = '', limit = Number.POSITIVE_INFINITY } = options;
        const entries: ShownEntry[] = [];
        for await (const entry of client.audit.entries({ collaborationId, kind, fromIndex: BigInt(options.from) })) {
          if (entries.length >= limit) break;
          entries.push(parseEntry(entry));
        }
        show(entries, () => renderEntries(entries));
      }),
    );
}

function renderEntries(entries: readonly ShownEntry[]): string {
  if (entries.length === 0) {
    return 'no entries of that kind that you may read; members need the ability `audit`, auditors a scope in their token';
  }
  return renderTable(
    ['entry', 'at', 'what', 'who', 'about'],
    entries.map((e) => [String(e.leafIndex), e.at, e.kind, e.who, e.about]),
  );
}

function addVerify(group: Command): void {
  group
    .command('verify')
    .description('read every leaf and check the whole log here, believing nothing the service computed')
    .option(
      '--verifier-key <file>',
      "the log's public key as you know it; else the key that the service names is believed",
    )
    .option(
      '--seen <file>',
      'keep verified checkpoints in this file, and check that the log still holds the earlier ones',
    )
    .action((options: { verifierKey?: string; seen?: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const seenCheckpoints = readSeen(options.seen);
        const verifierKey = options.verifierKey && readFileSync(options.verifierKey, 'utf8').trim();
        const verified = await verifyAudit(client, { verifierKey, seenCheckpoints });
        if (options.seen !== undefined) {
          const kept = [...new Set([...seenCheckpoints, verified.checkpoint])];
          writeFileSync(options.seen, `${JSON.stringify(kept, null, 2)}\n`);
        }
        show({ verified: true, ...verified }, () =>
          [
            `verified: ${verified.entries} entries, tree size ${verified.treeSize}, root hash ${verified.rootHash}`,
            `earlier checkpoints still held: ${verified.checkedCheckpoints}`,
            ...(verifierKey === undefined ? [`with the key the service named: ${verified.verifierKey}`] : []),
          ].join('\n'),
        );
      }),
    );
}

function addReplay(group: Command): void {
  group
    .command('replay')
    .description('decide on a question again, here, from what was recorded; auditors only')
    .argument('<question-id>', 'the question as the log names it')
    .option('--save <file>', 'keep the record in this file; it has the literals of the question')
    .action((queryId: string, options: { save?: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const { record, ...replayed } = await replayAudit(client, queryId);
        if (options.save !== undefined) writeFileSync(options.save, `${JSON.stringify(record, null, 2)}\n`);
        const { decided, differences, leafIndex } = replayed;
        show({ identical: differences.length === 0, ...replayed }, () =>
          [
            differences.length === 0
              ? `identical: ${decided}`
              : `differs from \`${decided}\` at: ${differences.join(', ')}`,
            leafIndex === null ? 'no entry of the log has its digest' : `bound by entry ${leafIndex} of the log`,
          ].join('\n'),
        );
        if (differences.length > 0 || leafIndex === null) process.exitCode = exitCodes.failed;
      }),
    );
}

function readSeen(path: string | undefined): string[] {
  if (path === undefined || !existsSync(path)) return [];
  const seen: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(seen) || !seen.every((one) => typeof one === 'string'))
    throw new Error(`\`${path}\` is not a list of checkpoints`);
  return seen;
}
