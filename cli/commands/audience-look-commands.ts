import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { audiences } from '../../proto/index.ts';
import { formatNumber, printable, renderTable } from '../render/index.ts';
import { type DefinitionOptions, definitionOf, sourceText, withDefinition } from './audience-definition.ts';
import { sizeText } from './audience-text.ts';
import { runCommand } from './command-context.ts';
import { pathText } from './explanation-text.ts';
import { parseEpsilon } from './parse-option.ts';

/** Adds the commands that look at audiences without seeing anybody. */
export function addAudienceLooks(group: Command): void {
  addSize(group);
  addPortray(group);
  addCompare(group);
  addTrend(group);
}

interface SizeOptions extends DefinitionOptions {
  readonly collaboration: string;
  readonly onBehalfOf?: string;
  readonly epsilon?: number;
}

function addSize(group: Command): void {
  withDefinition(group.command('size [sql]'))
    .description('release a protected size of a definition before anything is made of it; charged')
    .option('--epsilon <number>', 'privacy budget to spend; 0.1 when left out', parseEpsilon)
    .action((sql: string | undefined, options: SizeOptions, command: Command) => {
      const definition = definitionOf(sql, options);
      const { collaboration: collaborationId, onBehalfOf = '', epsilon = 0 } = options;
      return runCommand(
        command,
        async ({ client, show }) => {
          const request = { collaborationId, definition, epsilon, onBehalfOf };
          const answer = await client.audiences.estimateDefinition(request);
          show(audiences.EstimateDefinitionResponse.toJSON(answer), () =>
            [
              `${sizeText(answer.size)}, ${chargedText(answer.charged)}`,
              ...(answer.selection === undefined ? [] : [pathText('selected', answer.selection)]),
              '',
              ...answer.sql.split('\n').map(printable),
            ].join('\n'),
          );
        },
        sourceText(definition),
      );
    });
}

interface PortrayOptions {
  readonly table: string;
  readonly by: readonly string[];
  readonly baseline?: string;
  readonly epsilon?: number;
  readonly requestId?: string;
}

function addPortray(group: Command): void {
  group
    .command('portray <audience>')
    .description('release what an audience is like beside a baseline: share and index by attribute; charged')
    .requiredOption('--table <member.table>', 'the table with the attributes')
    .requiredOption('--by <columns...>', 'its columns, 1 to 8 that rules permit to group by')
    .option('--baseline <audience>', 'the audience to compare with; everybody in the table when left out')
    .option('--epsilon <number>', 'privacy budget to spend in all; 1 when left out', parseEpsilon)
    .option('--request-id <id>', 'repeats the answer instead of the charge')
    .action((audienceId: string, options: PortrayOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const answer = await client.audiences.portray({
          audienceId,
          baselineAudienceId: options.baseline ?? '',
          table: options.table,
          attributes: [...options.by],
          epsilon: options.epsilon ?? 0,
          requestId: options.requestId ?? randomUUID(),
        });
        show(audiences.PortrayAudienceResponse.toJSON(answer), () =>
          [renderTable(PORTRAIT_HEAD, answer.figures.map(figureRow)), chargedText(answer.charged)].join('\n'),
        );
      }),
    );
}

const PORTRAIT_HEAD = ['attribute', 'value', 'persons', 'share', 'baseline', 'index', '95 % interval'];

function figureRow(figure: audiences.PortraitFigure): string[] {
  const percent = (share: number): string => `${formatNumber(share * 100, 1)} %`;
  const index = (value: number): string => (Number.isFinite(value) ? formatNumber(value, 0) : 'no end');
  return [
    printable(figure.attribute),
    figure.value === '' ? '(none)' : printable(figure.value),
    formatNumber(Number(figure.persons?.persons ?? 0)),
    percent(figure.share),
    percent(figure.baselineShare),
    index(figure.index),
    `${index(figure.indexCi95Low)} to ${index(figure.indexCi95High)}`,
  ];
}

function addCompare(group: Command): void {
  group
    .command('compare <audience> <other>')
    .description('release how many two audiences have in common; charged')
    .option('--epsilon <number>', 'privacy budget to spend in all; 0.3 when left out', parseEpsilon)
    .action((audienceId: string, otherAudienceId: string, options: { epsilon?: number }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const request = { audienceId, otherAudienceId, epsilon: options.epsilon ?? 0 };
        const answer = await client.audiences.compare(request);
        show(audiences.CompareAudiencesResponse.toJSON(answer), () =>
          [
            `the first: ${sizeText(answer.persons)}`,
            `the second: ${sizeText(answer.otherPersons)}`,
            `in both: ${sizeText(answer.common)}`,
            chargedText(answer.charged),
          ].join('\n'),
        );
      }),
    );
}

function addTrend(group: Command): void {
  group
    .command('trend <audience>')
    .description('the sizes that were released of an audience, refresh by refresh; costs nothing')
    .action((audienceId: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const points = await client.audiences.trend(audienceId);
        show(points.map(audiences.TrendPoint.toJSON), () =>
          renderTable(
            ['released', 'size'],
            points.map(({ releasedAt, size }) => [releasedAt?.toISOString() ?? '', sizeText(size)]),
          ),
        );
      }),
    );
}

function chargedText(charged: { readonly epsilon: number } | undefined): string {
  return `charged epsilon ${formatNumber(charged?.epsilon ?? 0, 4)}`;
}
