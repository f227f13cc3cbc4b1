import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { audiences, templates } from '../../proto/index.ts';
import { formatNumber, printable, readReleaseRows, renderRelease } from '../render/index.ts';
import { type CommandContext, runCommand } from './command-context.ts';
import { exitCodes } from './command-failure.ts';
import { renderExplanation } from './explanation-text.ts';
import { parseEpsilon, readText } from './parse-option.ts';

interface RunOptions {
  readonly collaboration: string;
  readonly values: string;
  readonly epsilon?: number;
  readonly onBehalfOf?: string;
  readonly name?: string;
  readonly explain?: boolean;
  readonly requestId?: string;
}

/** Adds `template run`: what comes of a template with values, or what would. */
export function addTemplateRun(group: Command): void {
  group
    .command('run <digest>')
    .description('fill an approved template in and run it: an answer with error bars, or an audience')
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .requiredOption('--values <file>', 'JSON of the parameters and their values; - reads standard input')
    .option('--epsilon <number>', "epsilon to spend; the template's own when left out", parseEpsilon)
    .option('--on-behalf-of <member>', 'for a service provider: the member it acts for, which has approved it')
    .option('--name <name>', 'of an audience: its name for people')
    .option('--explain', 'only show the SQL that it becomes, and its price')
    .option('--request-id <id>', 'repeats the answer instead of the effect')
    .addHelpText(
      'after',
      '\nfor example: galley template run DIGEST --collaboration ID --values values.json --on-behalf-of chenxi',
    )
    .action((digest: string, options: RunOptions, command: Command) => {
      const asked = {
        collaborationId: options.collaboration,
        digest,
        values: readText(options.values),
        epsilon: options.epsilon ?? 0,
        onBehalfOf: options.onBehalfOf ?? '',
      };
      return runCommand(command, (context) =>
        options.explain === true ? explain(context, asked) : run(context, asked, options),
      );
    });
}

async function explain({ client, show }: CommandContext, asked: templates.ExplainTemplateRequest): Promise<void> {
  const explained = await client.templates.explain(asked);
  const { sql, explanation } = explained;
  if (explanation?.admissible === false) process.exitCode = exitCodes.failed;
  show(templates.ExplainTemplateResponse.toJSON(explained), () => {
    const price =
      explanation === undefined
        ? 'no price: it is an audience, or not approved yet'
        : renderExplanation(sql, explanation);
    return [...sql.split('\n').map(printable), '', price].join('\n');
  });
}

async function run(
  { client, show }: CommandContext,
  asked: templates.ExplainTemplateRequest,
  { name = '', requestId = randomUUID() }: RunOptions,
): Promise<void> {
  const { outcome, charged } = await client.templates.run({ ...asked, displayName: name, requestId });
  if (outcome?.$case === 'audience') {
    const { value } = outcome;
    show({ audience: audiences.Audience.toJSON(value) }, () => `${value.audienceId}: ${printable(value.displayName)}`);
    return;
  }
  const queryId = outcome?.value ?? '';
  const { columns, rows, labels, ...release } = readReleaseRows(await client.queries.readRelease(queryId));
  show({ query: queryId, charged, labels, columns, rows }, () =>
    [
      renderRelease({ columns, rows, labels, ...release }),
      `charged: epsilon ${formatNumber(charged?.epsilon ?? 0, 4)}, delta ${charged?.delta ?? 0}`,
    ].join('\n'),
  );
}
