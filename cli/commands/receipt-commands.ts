import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { printable } from '../render/index.ts';
import { runCommand, toJson } from './command-context.ts';
import { readReceiptBundle, receiptText, verifiedText } from './receipt-text.ts';

/** Adds `query receipt`: the receipt of a question that was released. */
export function addQueryCommands(program: Command): void {
  const group = program.command('query').description('questions that were asked');
  addReceipt(group, 'question-id', 'the receipt of a release: what was asked, at what price, and what left');
}

/** Adds `audience receipt` to the commands of audiences. */
export function addAudienceReceipt(group: Command): void {
  addReceipt(group, 'activation-id', 'the receipt of a publication that was accepted');
}

function addReceipt(group: Command, what: string, description: string): void {
  group
    .command(`receipt <${what}>`)
    .description(`${description}; verify it with \`galley receipt verify\``)
    .option('--save <file>', 'keep it in this file, with all that verifies it offline, years from now')
    .action((subjectId: string, options: { save?: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const { bundle } = await client.audit.receipt(subjectId);
        const text = Buffer.from(bundle).toString();
        if (options.save !== undefined) writeFileSync(options.save, text, { mode: 0o600 });
        const read = readReceiptBundle(text);
        show(read, () => receiptText(read, options.save));
      }),
    );
}

interface VerifyOptions {
  readonly verifierKey: string;
  readonly release?: string;
  readonly query?: string;
}

/** Adds `receipt verify`, which asks no service. */
export function addReceiptCommands(program: Command): void {
  program
    .command('receipt')
    .description('receipts on this machine; no service is asked')
    .command('verify <file>')
    .description('check a saved receipt offline: its signature, its entry, the log that holds it, and the keys of both')
    .requiredOption(
      '--verifier-key <key>',
      'a key of the log that you trust, or a file that holds it: the one you noted when you joined, however old',
    )
    .option('--release <file>', 'the release as it was saved (`galley ask --out`): is it the one of the receipt?')
    .option('--query <file>', 'the SQL as it was submitted, byte for byte')
    .action(async (receipt: string, options: VerifyOptions, command: Command) => {
      const { verifyReceiptFile } = await import('../auditor/verify-receipt-file.ts');
      const verified = await verifyReceiptFile({ receipt, ...options }).catch((error: unknown) => {
        throw withCode(error);
      });
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const { rootHash, ...checkpoint } = verified.checkpoint;
      const shown = {
        verified: true,
        ...verified,
        checkpoint: { ...checkpoint, rootHash: Buffer.from(rootHash).toString('hex') },
      };
      process.stdout.write(`${json === true ? toJson(shown) : verifiedText(verified)}\n`);
    });
}

/** The code names the broken promise; the words alone do not. */
function withCode(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  return new Error(`${printable(error.code)}: ${error.message}`);
}
