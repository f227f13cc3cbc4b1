import { type Command, InvalidArgumentError } from 'commander';
import type { effects } from '../../proto/index.ts';
import { collect, parseEpsilon } from './parse-option.ts';

/** What every measurement is told. */
export interface MeasuringOptions {
  readonly collaboration: string;
  readonly epsilon?: number;
  readonly onBehalfOf?: string;
  readonly requestId?: string;
  readonly dry?: boolean;
}

/** Adds the options that every measurement takes. */
export function withMeasuring(command: Command): Command {
  return command
    .requiredOption('--collaboration <id>', 'where the tables are')
    .option('--epsilon <number>', 'privacy budget to spend; 1 when left out', parseEpsilon)
    .option('--on-behalf-of <member>', 'for a service provider: the member it acts for')
    .option('--request-id <id>', 'the same id with the same request charges once')
    .option('--dry', 'show the price and the question, and spend nothing');
}

/** Adds an option for the rows of a table that count. */
export function withConditions(command: Command, flag: string, what: string): Command {
  const meaning = `only ${what} whose column has one of these values; may be repeated`;
  return command.option(`${flag} <column=value,…>`, meaning, collect(parseCondition));
}

/** What every measurement says of itself. */
export function askOf(options: MeasuringOptions): effects.EffectAsk {
  return {
    collaborationId: options.collaboration,
    epsilon: options.epsilon ?? 0,
    onBehalfOf: options.onBehalfOf ?? '',
    requestId: options.requestId ?? '',
    dry: options.dry === true,
  };
}

/** Parses rows that count: a column and its values. */
function parseCondition(value: string): effects.RowCondition {
  const [, column, values] = /^([^=]+)=(.+)$/su.exec(value) ?? [];
  if (column === undefined || values === undefined) throw new InvalidArgumentError('it must read column=value,value');
  return { column, values: values.split(',') };
}

/** Parses the share of an arm. */
export function parseShare(value: string): readonly [arm: string, share: number] {
  const [, arm, share] = /^(.+)=([\d.]+)$/su.exec(value) ?? [];
  if (arm === undefined || !(Number(share) > 0)) throw new InvalidArgumentError('it must read arm=share, as in a=0.45');
  return [arm, Number(share)];
}

/** Parses an amount: a number from 0. */
export function parseAmount(value: string): number {
  const amount = Number(value);
  if (value.trim() === '' || !Number.isFinite(amount) || amount < 0) {
    throw new InvalidArgumentError('it must be a number from 0');
  }
  return amount;
}
