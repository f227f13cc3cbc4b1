import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import type { VerifiedAudit } from '../auditor/verify-source.ts';
import { writeWhole } from '../write-whole.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { UsageFault } from './command-failure.ts';
import { parseCount } from './parse-option.ts';

interface VerifyOptions {
  readonly mirror?: string;
  readonly seen?: string;
  readonly verifierKey?: string;
  readonly witnessKey: readonly string[];
  readonly witnesses?: number;
  readonly receipts?: string;
  readonly evidence: string;
}

/** Adds `audit verify` and `audit evidence`: the whole log, checked here, and what shows that one is two. */
export function addAuditVerify(group: Command): void {
  group
    .command('verify')
    .description('read every leaf and check the whole log here, believing nothing the service computed')
    .option('--mirror <directory>', "check this copy of a log's files, and ask no service")
    .option(
      '--verifier-key <file>',
      "the log's public key as you know it; else the key that is named with the log is believed",
    )
    .option(
      '--seen <file>',
      'keep verified checkpoints in this file, and check that the log still holds the earlier ones',
    )
    .option('--witness-key <file>', 'public key of a witness as you know it; may be given again', collect, [])
    .option('--witnesses <number>', 'so many of them must have cosigned one tree; all when left out', parseCount)
    .option('--receipts <path>', 'a receipt, or a folder of them: each must be of this log')
    .option('--evidence <file>', 'where evidence goes when the log shows two histories', 'split-view.json')
    .action((options: VerifyOptions, command: Command) => runCommand(command, (context) => verify(context, options)));
  group
    .command('evidence')
    .description('check a file that says a log has shown two histories')
    .argument('<file>', 'as `audit verify` or a witness wrote it')
    .requiredOption('--verifier-key <file>', "the log's public key as you know it")
    .action((file: string, { verifierKey }: { verifierKey: string }, command: Command) =>
      runCommand(command, async ({ show }) => {
        const { checkEvidence } = await import('../auditor/check-evidence.ts');
        const shown = checkEvidence(readFileSync(file, 'utf8'), readKey(verifierKey));
        show({ splitView: true, ...shown }, () =>
          [
            `the log \`${shown.origin}\` signed two histories: at size ${shown.treeSize} its root hash is`,
            ...shown.rootHashes,
          ].join('\n'),
        );
      }),
    );
}

async function verify({ client, json, show }: CommandContext, options: VerifyOptions): Promise<void> {
  const seenCheckpoints = readSeen(options.seen);
  const { mirrorSource, serviceSource } = await import('../auditor/log-source.ts');
  const { verifySource } = await import('../auditor/verify-source.ts');
  const { mirror } = options;
  const source = mirror === undefined ? await serviceSource(client) : await mirrorSource(mirror);
  const showsProgress = process.stderr.isTTY && !json;
  const verified = await verifySource(source, {
    verifierKey: options.verifierKey && readKey(options.verifierKey),
    seenCheckpoints,
    witnesses: witnessesOf(options),
    receipts: readReceipts(options.receipts),
    keepEvidence: (text) => {
      writeFileSync(options.evidence, text);
      process.stderr.write(`evidence that anybody can check: \`${options.evidence}\`\n`);
    },
    onProgress: showsProgress ? (treeSize) => process.stderr.write(`\rread ${treeSize} entries`) : undefined,
  });
  if (showsProgress) process.stderr.write('\r\u001b[K');
  if (options.seen !== undefined) {
    const kept = [...new Set([...seenCheckpoints, verified.checkpoint])];
    // Half a list would be no memory at all, and a log that was rolled back would pass.
    await writeWhole(options.seen, `${JSON.stringify(kept, null, 2)}\n`);
  }
  const { accounts, ...told } = verified;
  const sums = [...accounts].map(([account, sum]) => ({ account, ...sum }));
  show({ verified: true, ...told, accounts: sums }, () => renderVerified(verified, options));
}

function renderVerified(verified: VerifiedAudit, options: VerifyOptions): string {
  const { witnessed } = verified;
  const seenBy = witnessed?.cosignatures.map(({ witness, atSeconds }) => {
    return `${witness} at ${new Date(atSeconds * 1000).toISOString()}`;
  });
  return [
    `verified: ${verified.entries} entries, tree size ${verified.treeSize}, root hash ${verified.rootHash}`,
    `earlier checkpoints still held: ${verified.checkedCheckpoints}`,
    `charges add up for ${verified.accounts.size} accounts`,
    ...(verified.keyCount > 1 ? [`keys the log has had: ${verified.keyCount}`] : []),
    ...(witnessed === null ? [] : [`cosigned up to tree size ${witnessed.treeSize}: ${seenBy?.join(', ')}`]),
    ...(options.receipts === undefined ? [] : [`receipts of this log: ${verified.receiptCount}`]),
    ...(options.verifierKey === undefined ? [`with the key that was named with it: ${verified.verifierKey}`] : []),
  ].join('\n');
}

function witnessesOf({ witnessKey, witnesses }: VerifyOptions) {
  if (witnessKey.length === 0 && witnesses === undefined) return undefined;
  const quorum = witnesses ?? witnessKey.length;
  if (quorum < 1 || quorum > witnessKey.length) {
    throw new UsageFault('`--witnesses` must be from 1 to the number of keys given with `--witness-key`');
  }
  return { keys: witnessKey.map(readKey), quorum };
}

function readReceipts(path: string | undefined): ReadonlyMap<string, string> | undefined {
  if (path === undefined) return undefined;
  if (path.endsWith('.json')) return new Map([[basename(path), readFileSync(path, 'utf8')]]);
  const names = readdirSync(path).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, readFileSync(join(path, name), 'utf8')]));
}

function readKey(path: string): string {
  return readFileSync(path, 'utf8').trim();
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function readSeen(path: string | undefined): string[] {
  if (path === undefined || !existsSync(path)) return [];
  const seen: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(seen) || !seen.every((one) => typeof one === 'string'))
    throw new Error(`\`${path}\` is not a list of checkpoints`);
  return seen;
}
