import { type Command, InvalidArgumentError } from 'commander';
import { audit } from '../../proto/index.ts';
import type { EntryRequest } from '../client/index.ts';
import { collect } from './parse-option.ts';

/** A filter as the client takes it. */
export type EntryFilter = NonNullable<EntryRequest['filter']>;

/** The options that narrow entries down. */
export interface FilterOptions {
  readonly collaboration?: string;
  readonly kind?: readonly string[];
  readonly member?: string;
  readonly principal?: string;
  readonly dataset?: string;
  readonly column?: string;
  readonly rule?: string;
  readonly outcome?: audit.DecisionOutcome;
  readonly since?: Date;
  readonly before?: Date;
  readonly minRho?: number;
  readonly destination?: string;
  readonly subject?: string;
}

const outcomes: ReadonlyMap<string, audit.DecisionOutcome> = new Map([
  ['admitted', audit.DecisionOutcome.ADMITTED],
  ['refused', audit.DecisionOutcome.REFUSED],
  ['budget-spent', audit.DecisionOutcome.BUDGET_SPENT],
]);

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Adds the options of time and place, which every report takes. */
export function addScopeOptions(command: Command): Command {
  return command
    .option('--collaboration <id>', 'only entries of this collaboration')
    .option('--member <name>', 'only entries that this member made, or that were made for it')
    .option('--since <time>', 'only entries from then on: 2026-11-22, 2026-11-22T08:00Z, or 24h or 7d ago', parseMoment)
    .option('--before <time>', 'only entries before then', parseMoment);
}

/** Adds every option that narrows entries down. */
export function addFilterOptions(command: Command): Command {
  return addScopeOptions(command)
    .option('--kind <kind>', 'only entries of this kind, for example release-made; repeat for more', collect(String))
    .option('--principal <name>', 'only entries that this person or program made')
    .option('--dataset <id>', 'only entries that name this dataset, or a table bound to it')
    .option('--column <member.table.column>', 'only entries of questions and audiences that touch it; or a whole table')
    .option('--rule <rule>', 'only entries that name this rule as broken')
    .option('--outcome <outcome>', 'only decisions that came to this: admitted, refused or budget-spent', parseOutcome)
    .option('--min-rho <number>', 'only entries that charged at least this much', parseRho)
    .option('--destination <id>', 'only entries that name this destination')
    .option('--subject <id>', 'only entries of this question, audience, match, activation or grant');
}

/** The filter that options make. */
export function filterOf(options: FilterOptions): EntryFilter {
  return {
    collaborationId: options.collaboration ?? '',
    kinds: [...(options.kind ?? [])],
    member: options.member ?? '',
    principal: options.principal ?? '',
    datasetId: options.dataset ?? '',
    column: options.column ?? '',
    rule: options.rule ?? '',
    outcome: options.outcome ?? audit.DecisionOutcome.UNSPECIFIED,
    from: options.since,
    until: options.before,
    minRho: options.minRho ?? 0,
    destinationId: options.destination ?? '',
    subjectId: options.subject ?? '',
  };
}

/** Parses a moment: a day or a time in UTC, or how long ago. */
export function parseMoment(value: string): Date {
  const [, count, unit] = /^(\d{1,6})([mhd])$/u.exec(value) ?? [];
  if (count !== undefined) return new Date(Date.now() - Number(count) * (unitMs[unit ?? ''] ?? 0));
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z?)?$/u.test(value);
  const moment = new Date(value.includes('T') && !value.endsWith('Z') ? `${value}Z` : value);
  if (isTime && !Number.isNaN(moment.getTime())) return moment;
  throw new InvalidArgumentError('it must be a day or a time in UTC such as 2026-11-22T08:00Z, or 24h or 7d ago');
}

function parseOutcome(value: string): audit.DecisionOutcome {
  const outcome = outcomes.get(value);
  if (outcome === undefined) throw new InvalidArgumentError(`it must be one of: ${[...outcomes.keys()].join(', ')}`);
  return outcome;
}

function parseRho(value: string): number {
  const rho = Number(value);
  if (Number.isFinite(rho) && rho > 0) return rho;
  throw new InvalidArgumentError('it must be a number over 0');
}
