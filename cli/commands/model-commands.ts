import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { models } from '../../proto/index.ts';
import { formatNumber, renderTable } from '../render/index.ts';
import { when } from './collaboration-text.ts';
import { runCommand } from './command-context.ts';
import { UsageFault } from './command-failure.ts';
import { kindText, renderModel } from './model-text.ts';
import { parseCount, parseEpsilon, readText } from './parse-option.ts';

interface TrainOptions {
  readonly collaboration: string;
  readonly persons?: string;
  readonly sql?: string;
  readonly feature?: readonly string[];
  readonly epsilon?: number;
  readonly onBehalfOf?: string;
  readonly requestId?: string;
}

/** Adds `model …`: persons ranked or grouped by what was learnt behind the wall. */
export function addModelCommands(program: Command): void {
  const group = program
    .command('model')
    .description('persons ranked or grouped by what protected answers tell; audiences are cut from it');
  const train = group.command('train').description('train a model; charged like the questions it asks');
  addLookAlike(train);
  addClusters(train);
  addScore(train);
  addReads(group);
}

function withPersons(command: Command): Command {
  return command
    .requiredOption('--collaboration <id>', 'where the tables are joined')
    .option('--persons <table>', 'a table with one row a person, member.alias')
    .option('--sql <file>', 'instead of a table: SQL that selects identity and features, one row a person; - for stdin')
    .option('--epsilon <number>', 'privacy budget to spend in all; 1 when left out', parseEpsilon)
    .option('--on-behalf-of <member>', 'for a service provider: the member it acts for')
    .option('--request-id <id>', 'repeats the answer instead of the effect');
}

function withFeatures(command: Command): Command {
  return withPersons(command).option('--feature <columns...>', 'columns to learn from; of SQL all when left out');
}

function addLookAlike(train: Command): void {
  withFeatures(train.command('look-alike <name>'))
    .description('rank persons by how much they are like the persons of an audience')
    .requiredOption('--seed <audience>', 'the audience to be like')
    .option('--without-seed', 'leave persons of the seed out of what is found')
    .action((name: string, options: TrainOptions & { seed: string; withoutSeed?: boolean }, command: Command) => {
      const { seed: seedAudienceId, withoutSeed = false } = options;
      const value = { seedAudienceId, persons: personsOf(options), features: featuresOf(options), withoutSeed };
      return runTraining(command, name, options, { spec: { $case: 'lookAlike', value } });
    });
}

function addClusters(train: Command): void {
  withFeatures(train.command('clusters <name>'))
    .description('group persons by what they are like')
    .requiredOption('--count <number>', 'how many clusters, 2 to 16', parseCount)
    .action((name: string, options: TrainOptions & { count: number }, command: Command) => {
      const value = { persons: personsOf(options), features: featuresOf(options), count: options.count };
      return runTraining(command, name, options, { spec: { $case: 'clusters', value } });
    });
}

function addScore(train: Command): void {
  withPersons(train.command('score <name>'))
    .description('rank persons by a scoring function; the greatest are the best')
    .requiredOption('--function <member.name>', 'a function that gives a number')
    .requiredOption('--argument <columns...>', 'the columns that it takes, in order')
    .action(
      (name: string, options: TrainOptions & { function: string; argument: readonly string[] }, command: Command) => {
        const value = { persons: personsOf(options), function: options.function, arguments: [...options.argument] };
        return runTraining(command, name, options, { spec: { $case: 'functionScore', value } });
      },
    );
}

function personsOf({ persons, sql }: TrainOptions): string {
  if ((persons === undefined) === (sql === undefined)) throw new UsageFault('name either --persons or --sql');
  return persons ?? readText(sql ?? '-');
}

function featuresOf({ feature = [] }: TrainOptions): string[] {
  return [...feature];
}

function runTraining(command: Command, name: string, options: TrainOptions, spec: models.ModelSpec): Promise<void> {
  const { collaboration: collaborationId, epsilon = 0, onBehalfOf = '', requestId = randomUUID() } = options;
  return runCommand(command, async ({ client, show }) => {
    const request = { collaborationId, displayName: name, spec, epsilon, onBehalfOf, requestId };
    const model = await client.models.train(request);
    show(models.Model.toJSON(model), () => renderModel(model));
  });
}

function addReads(group: Command): void {
  group
    .command('show <model>')
    .description('one model with what it has learnt')
    .action((id: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const model = await client.models.get(id);
        show(models.Model.toJSON(model), () => renderModel(model));
      }),
    );
  group
    .command('list')
    .description("the models of the caller's member")
    .requiredOption('--collaboration <id>', 'in which collaboration')
    .action((options: { collaboration: string }, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const all = await client.models.list(options.collaboration);
        const rows = all.map((one) => [
          one.modelId,
          one.displayName,
          kindText(one),
          formatNumber(one.charged?.epsilon ?? 0, 4),
          when(one.trainedAt),
        ]);
        show(all.map(models.Model.toJSON), () => renderTable(['id', 'name', 'kind', 'charged', 'trained'], rows));
      }),
    );
}
