import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { queries } from '../../proto/index.ts';
import { formatNumber, type ReleaseRows, readReleaseRows, renderRelease } from '../render/index.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { exitCodes, UsageFault } from './command-failure.ts';
import { renderExplanation } from './explanation-text.ts';
import { parseEpsilon, parseMode, readText } from './parse-option.ts';

interface AskOptions {
  readonly collaboration: string;
  readonly sql?: string;
  readonly epsilon?: number;
  readonly onBehalfOf?: string;
  readonly omitIntervals?: boolean;
  readonly mode?: queries.ReleaseMode;
  readonly explain?: boolean;
  readonly yes?: boolean;
  readonly out?: string;
  readonly requestId?: string;
}

/** Adds `ask`: the price of a question first, then, with a yes, its answer with error bars. */
export function addAskCommand(program: Command): void {
  program
    .command('ask [sql]')
    .description('ask a question in SQL: its price first, then its answer with error bars')
    .requiredOption('--collaboration <id>', 'where the tables are joined')
    .option('--sql <file>', 'read the SQL from a file; - for standard input')
    .option('--epsilon <number>', 'privacy budget to spend; 1 when left out', parseEpsilon)
    .option('--on-behalf-of <member>', 'for a service provider: the member it acts for')
    .option(
      '--mode <mode>',
      'private (noisy, with a guarantee) or threshold (exact, NOT differentially private)',
      parseMode,
    )
    .option('--omit-intervals', 'leave the 95 % intervals out')
    .option('--explain', 'show the price and what would be refused, and spend nothing')
    .option('--yes', 'spend without asking')
    .option('--out <file>', 'write the answer as an Arrow IPC stream as well')
    .option('--request-id <id>', 'the same id with the same question charges once')
    .addHelpText(
      'after',
      `\nfor example: galley ask --collaboration ID --explain "select arm, count(*) as n from chenxi.campaign group by arm"
exit codes: 1 refused or failed, 2 wrong use, 3 the price awaits a yes`,
    )
    .action((argument: string | undefined, options: AskOptions, command: Command) => {
      const sql = sqlOf(argument, options.sql);
      const question = {
        collaborationId: options.collaboration,
        sql,
        epsilon: options.epsilon ?? 0,
        onBehalfOf: options.onBehalfOf ?? '',
        omitIntervals: options.omitIntervals === true,
        mode: options.mode ?? queries.ReleaseMode.PRIVATE,
      };
      return runCommand(command, (context) => ask(context, question, options), sql);
    });
}

async function ask(context: CommandContext, question: queries.Question, options: AskOptions): Promise<void> {
  const explanation = await context.client.queries.explain(question);
  if (options.explain === true || !explanation.admissible) {
    context.show(queries.Explanation.toJSON(explanation), () => renderExplanation(question.sql, explanation));
    if (!explanation.admissible) process.exitCode = exitCodes.failed;
    return;
  }
  if (options.yes !== true && !(await isConfirmed(question.sql, explanation))) {
    process.exitCode = exitCodes.unconfirmed;
    return;
  }
  await spend(context, question, options);
}

async function spend({ client, show }: CommandContext, question: queries.Question, options: AskOptions): Promise<void> {
  const query = await client.queries.submit(question, options.requestId ?? randomUUID());
  const arrowIpc = await client.queries.readRelease(query.queryId);
  if (options.out !== undefined) writeFileSync(options.out, arrowIpc);
  const release = readReleaseRows(arrowIpc);
  const { columns, rows, labels } = release;
  show({ query: queries.Query.toJSON(query), labels, columns, rows }, () =>
    [renderRelease(release), ...protectionTexts(release), chargedText(query)].join('\n'),
  );
}

// On stderr, so that under `--json` and in pipes stdout holds the answer alone.
async function isConfirmed(sql: string, explanation: queries.Explanation): Promise<boolean> {
  process.stderr.write(`${renderExplanation(sql, explanation)}\n`);
  if (process.stdin.isTTY !== true) {
    process.stderr.write('nothing was spent; add --yes to spend it\n');
    return false;
  }
  using terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('spend it? [y/N] ');
  return /^y(es)?$/iu.test(answer.trim());
}

function sqlOf(argument: string | undefined, path: string | undefined): string {
  if ((argument === undefined) === (path === undefined))
    throw new UsageFault('give the SQL either as an argument or with --sql');
  return argument ?? readText(path ?? '-');
}

const INTERVAL_TEXT = 'in brackets: where the exact value, within the bounds of the owners, lies 95 times in 100';

/** How what is shown was protected; of an exact release above all that it gives no guarantee. */
function protectionTexts({ labels }: ReleaseRows): readonly string[] {
  const notice = labels['galley.notice'];
  if (notice === undefined) return [INTERVAL_TEXT];
  const suppressed = suppressedOf(labels);
  const total = suppressed.reduce((sum, persons) => sum + persons, 0);
  return [notice, ...(total === 0 ? [] : [`withheld: groups of about ${formatNumber(total, 0)} persons together`])];
}

function suppressedOf(labels: ReleaseRows['labels']): readonly number[] {
  const told: unknown = JSON.parse(labels['galley.suppressed_persons'] ?? '[]');
  return Array.isArray(told) ? told.filter((persons) => typeof persons === 'number') : [];
}

function chargedText(query: queries.Query): string {
  if (query.question?.mode === queries.ReleaseMode.THRESHOLD) return 'charged: nothing; the data is marked for ever';
  if (query.stored) return 'charged: nothing, the same question was answered before';
  return `charged: epsilon ${formatNumber(query.charged?.epsilon ?? 0, 4)}, delta ${query.charged?.delta ?? 0}`;
}
