import type { Command } from 'commander';
import { effects } from '../../proto/index.ts';
import { formatNumber } from '../render/index.ts';
import { runCommand } from './command-context.ts';
import { addEffectMeasures } from './effect-measure-commands.ts';
import {
  askOf,
  type MeasuringOptions,
  parseAmount,
  parseShare,
  withConditions,
  withMeasuring,
} from './effect-options.ts';
import { dryText, upliftText } from './effect-text.ts';
import { collect, parseCount, parseEpsilon } from './parse-option.ts';

/** Digits of a rate. */
const RATE_DIGITS = 4;

/** Adds `effect …`: whether it worked, with intervals that hold both chance and protection. */
export function addEffectCommands(program: Command): void {
  const group = program
    .command('effect')
    .description('whether it worked: every number with the interval of chance and of noise together');
  addUplift(group);
  addPlan(group);
  addEffectMeasures(group);
}

interface UpliftOptions extends MeasuringOptions {
  readonly assignment: string;
  readonly assignmentWhere?: effects.RowCondition[];
  readonly arm: string;
  readonly control: string;
  readonly outcome: string;
  readonly outcomeWhere?: effects.RowCondition[];
  readonly value?: string;
  readonly segment?: string[];
  readonly outcomeSegment?: string[];
  readonly share?: (readonly [string, number])[];
  readonly knownOnly?: boolean;
  readonly cap?: number;
}

function addUplift(group: Command): void {
  const command = group
    .command('uplift')
    .description('what each arm did beside the control arm, by segment')
    .requiredOption('--assignment <member.alias>', 'the table that says who was in which arm')
    .requiredOption('--arm <column>', 'its column with the arm')
    .requiredOption('--control <arm>', 'the arm that others are compared with')
    .requiredOption('--outcome <member.alias>', 'the table that says what persons did')
    .option('--value <column>', 'its column with a flag, a count or an amount; else whether a person has a row')
    .option(
      '--segment <column>',
      'tells effects apart by this column of the assignment; may be repeated',
      collect(String),
    )
    .option(
      '--outcome-segment <column>',
      'the column of the outcome that must equal the segment, one for each',
      collect(String),
    )
    .option('--share <arm=share>', 'how the arms were drawn; alike when left out', collect(parseShare))
    .option('--known-only', 'only persons of whom the outcome table has a row')
    .option('--cap <amount>', 'most that one person counts; less noise', parseAmount);
  withConditions(command, '--assignment-where', 'assignments');
  withConditions(command, '--outcome-where', 'outcomes');
  withMeasuring(command)
    .addHelpText(
      'after',
      '\nfor example: galley effect uplift --collaboration ID --assignment chenxi.campaign --arm arm --control control --outcome jiufang.outcomes --value visit',
    )
    .action((options: UpliftOptions, self: Command) =>
      runCommand(self, async ({ client, show }) => {
        const measured = await client.effects.uplift(upliftRequest(options));
        show(effects.MeasureUpliftResponse.toJSON(measured), () =>
          options.dry === true ? dryText(measured.source) : upliftText(measured, options.segment ?? []),
        );
      }),
    );
}

function upliftRequest(options: UpliftOptions): effects.MeasureUpliftRequest {
  return {
    ask: askOf(options),
    assignment: { table: options.assignment, conditions: options.assignmentWhere ?? [] },
    armColumn: options.arm,
    segmentColumns: options.segment ?? [],
    outcome: { table: options.outcome, conditions: options.outcomeWhere ?? [] },
    outcomeColumn: options.value ?? '',
    controlArm: options.control,
    expectedShares: Object.fromEntries(options.share ?? []),
    outcomeSegmentColumns: options.outcomeSegment ?? [],
    knownOnly: options.knownOnly === true,
    outcomeCap: options.cap ?? 0,
  };
}

interface PlanOptions {
  readonly persons: number;
  readonly rate: number;
  readonly epsilon?: number;
  readonly delta?: number;
  readonly power?: number;
  readonly groups?: number;
}

function addPlan(group: Command): void {
  group
    .command('plan')
    .description('the smallest effect that an experiment could find, before it starts; costs nothing')
    .requiredOption('--persons <number>', 'persons in the smaller arm', parseCount)
    .requiredOption('--rate <number>', 'the rate without any effect, from 0 to below 1', parseAmount)
    .option('--epsilon <number>', 'privacy budget the measurement will spend; 1 when left out', parseEpsilon)
    .option('--delta <number>', 'delta of the smallest account; 1e-6 when left out', parseEpsilon)
    .option('--power <number>', 'probability of finding the effect; 0.8 when left out', parseAmount)
    .option('--groups <number>', 'groups (segment and arm) that one person may be in; 1 when left out', parseCount)
    .action((options: PlanOptions, self: Command) =>
      runCommand(self, async ({ client, show }) => {
        const plan = await client.effects.plan({
          personsPerArm: BigInt(options.persons),
          baseRate: options.rate,
          epsilon: options.epsilon ?? 0,
          delta: options.delta ?? 0,
          power: options.power ?? 0,
          groupsPerPerson: options.groups ?? 0,
        });
        show(effects.PlanExperimentResponse.toJSON(plan), () => planText(plan));
      }),
    );
}

function planText(plan: effects.PlanExperimentResponse): string {
  const [found, bare] = [plan.minimumDetectableEffect, plan.minimumDetectableEffectUnprotected].map((effect) =>
    formatNumber(effect, RATE_DIGITS),
  );
  return [
    `it would find a difference of rates of ${found} or more`,
    `without protection: ${bare}; for ${found} an arm would need ${formatNumber(Number(plan.personsWithoutProtection))} persons`,
  ].join('\n');
}
