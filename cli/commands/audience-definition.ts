import type { Command } from 'commander';
import { audiences } from '../../proto/index.ts';
import { UsageFault } from './command-failure.ts';
import { parseCount, readText } from './parse-option.ts';

/** The ways to say who is in an audience, as options. */
export interface DefinitionOptions {
  readonly sql?: string;
  readonly rule?: string;
  readonly union?: readonly string[];
  readonly intersect?: readonly string[];
  readonly minus?: readonly string[];
  readonly model?: string;
  readonly persons?: number;
  readonly cluster?: number;
}

const { UNION, INTERSECTION, DIFFERENCE } = audiences.CombinationKind;

/** Adds the options by which an audience is defined. */
export function withDefinition(command: Command): Command {
  return command
    .requiredOption('--collaboration <id>', 'where the tables are joined')
    .option('--sql <file>', 'read the SQL from a file; - for standard input')
    .option('--rule <file>', 'a rule over tags, JSON; - for standard input')
    .option('--union <audiences...>', 'persons in any of these audiences')
    .option('--intersect <audiences...>', 'persons in all of these audiences')
    .option('--minus <audiences...>', 'persons in the first of these audiences and in none of the others')
    .option('--model <id>', 'persons by a model: the best of a ranking, or one of its clusters')
    .option('--persons <number>', 'of a ranking: about how many', parseCount)
    .option('--cluster <number>', 'of clusters: which one, from 0', parseCount)
    .option('--on-behalf-of <member>', 'for a service provider: the member it acts for');
}

/** Reads which one of the ways was taken. @throws {UsageFault} when it is none, or more than one */
export function definitionOf(sql: string | undefined, options: DefinitionOptions): audiences.Definition {
  const combined = (kind: audiences.CombinationKind, audienceIds: readonly string[] | undefined) =>
    audienceIds && { source: { $case: 'combination' as const, value: { kind, audienceIds: [...audienceIds] } } };
  const ways: readonly (audiences.Definition | undefined)[] = [
    sql === undefined ? undefined : { source: { $case: 'sql', value: sql } },
    options.sql === undefined ? undefined : { source: { $case: 'sql', value: readText(options.sql) } },
    options.rule === undefined ? undefined : { source: { $case: 'rule', value: readText(options.rule) } },
    combined(UNION, options.union),
    combined(INTERSECTION, options.intersect),
    combined(DIFFERENCE, options.minus),
    cutOf(options),
  ];
  const [definition, ...others] = ways.filter((way) => way !== undefined);
  if (definition !== undefined && others.length === 0) return definition;
  throw new UsageFault(
    'say who is in it in one way: SQL as an argument, --sql, --rule, --union, --intersect, --minus or --model',
  );
}

function cutOf({ model, persons, cluster }: DefinitionOptions): audiences.Definition | undefined {
  if (model === undefined) {
    if (persons === undefined && cluster === undefined) return undefined;
    throw new UsageFault('--persons and --cluster say which part of a model: name it with --model');
  }
  if ((persons === undefined) === (cluster === undefined)) {
    throw new UsageFault('say --persons of a ranking, or --cluster of clusters');
  }
  const value = { modelId: model, persons: BigInt(persons ?? 0), cluster: cluster ?? 0 };
  return { source: { $case: 'modelCut', value } };
}

/** The words of a definition that a refusal points into; empty where there are none. */
export function sourceText({ source }: audiences.Definition): string {
  return source?.$case === 'sql' ? source.value : '';
}
