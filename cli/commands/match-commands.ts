import { statSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { matching } from '../../proto/index.ts';
import type { HiddenList } from '../client/index.ts';
import { type ListColumn, listColumnSyntax, readList, readListColumn } from '../matching/index.ts';
import { startProgress, startStages } from '../render/index.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { exitCodes } from './command-failure.ts';
import { estimateText, priceText, reportText } from './match-text.ts';
import { parseCount, parseEpsilon } from './parse-option.ts';

/** Adds `match …`: how many persons two members have in common, before and after data is uploaded. */
export function addMatchCommands(program: Command): void {
  const group = program
    .command('match')
    .description('how many persons two members have in common, before and after data is uploaded');
  addReport(group);
  addEstimate(group);
}

interface CommonOptions {
  readonly collaboration: string;
  readonly with: string;
  readonly epsilon?: number;
  readonly onBehalfOf?: string;
  readonly dry?: boolean;
}

function withCommon(command: Command): Command {
  return command
    .requiredOption('--collaboration <id>', 'where the members have agreed')
    .requiredOption('--with <member.alias>', "another member's table")
    .option('--epsilon <number>', 'privacy budget to spend; 0.5 when left out', parseEpsilon)
    .option('--on-behalf-of <member>', 'for a service provider: the member it acts for')
    .option('--dry', 'show the price, and spend nothing');
}

function addReport(group: Command): void {
  withCommon(
    group
      .command('report <table>')
      .description(
        'the overlap of one of your tables with another, by kind of identifier; the same again costs nothing',
      ),
  ).action((table: string, options: CommonOptions, command: Command) =>
    runCommand(command, async ({ client, show }) => {
      const told = await client.matches.report({
        collaborationId: options.collaboration,
        table,
        withTable: options.with,
        epsilon: options.epsilon ?? 0,
        onBehalfOf: options.onBehalfOf ?? '',
        dry: options.dry === true,
      });
      show(matching.ReportMatchResponse.toJSON(told), () => reportText(told, options.dry === true));
    }),
  );
}

interface EstimateOptions extends CommonOptions {
  readonly column: ListColumn;
  readonly hashed?: boolean;
  readonly delimiter?: string;
  readonly oneIn: number;
}

function addEstimate(group: Command): void {
  withCommon(
    group
      .command('estimate <file>')
      .description('the overlap of a CSV file with a table, without showing either: no identifier leaves this machine')
      .requiredOption('--column <column>', `the identifiers, ${listColumnSyntax}`, parseListColumn)
      .option('--hashed', 'the column holds digests: SHA-256 of the normalised identifier, base64 or hex')
      .option('--delimiter <character>', 'between the fields; else it is found in the header')
      .option('--one-in <number>', 'match one identifier in so many, for large tables', parseCount, 1),
  )
    .addHelpText(
      'after',
      '\nfor example: galley match estimate crm.csv --column email=email --collaboration ID --with jiufang.customers',
    )
    .action((path: string, options: EstimateOptions, command: Command) =>
      runCommand(command, (context) => estimate(context, path, options)),
    );
}

async function estimate({ client, show }: CommandContext, path: string, options: EstimateOptions): Promise<void> {
  const { column, hashed = false, delimiter = null, oneIn } = options;
  const reading = startProgress('reading', statSync(path).size, 'MB');
  const own = await readList({ path, column, isHashed: hashed, delimiter, onRead: reading.advance }).finally(
    reading.stop,
  );
  const list: HiddenList = {
    collaborationId: options.collaboration,
    withTable: options.with,
    identifier: column.kind,
    digests: own.digests,
    epsilon: options.epsilon ?? 0,
    onBehalfOf: options.onBehalfOf ?? '',
    oneIn,
  };
  const price = await client.matches.price(list);
  if (options.dry === true || !price.affordable) {
    show(matching.MatchPrice.toJSON(price), () => priceText(price));
    if (!price.affordable) process.exitCode = exitCodes.failed;
    return;
  }
  process.stderr.write(`${priceText(price)}\n`);
  const stages = startStages();
  try {
    const answer = await client.matches.estimate(list, stages.show);
    const { rowCount, unusableCount } = own;
    const read = { rowCount, unusableCount, identifierCount: own.digests.length };
    show({ ...(matching.MatchEstimate.toJSON(answer) as object), read }, () => estimateText(answer, read, column));
  } finally {
    stages.stop();
  }
}

function parseListColumn(value: string): ListColumn {
  const column = readListColumn(value);
  if (column === null) throw new InvalidArgumentError(`it must read ${listColumnSyntax}`);
  return column;
}
