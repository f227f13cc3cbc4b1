import { type Command, InvalidArgumentError } from 'commander';
import { effects } from '../../proto/index.ts';
import { runCommand } from './command-context.ts';
import { askOf, type MeasuringOptions, parseAmount, withConditions, withMeasuring } from './effect-options.ts';
import { cohortText, creditsText, dryText, reachText } from './effect-text.ts';
import { collect, parseCount } from './parse-option.ts';

/** Adds the measurements that compare no arms: `effect cohort`, `reach` and `attribute`. */
export function addEffectMeasures(group: Command): void {
  addCohort(group);
  addReach(group);
  addAttribute(group);
}

interface CohortOptions extends MeasuringOptions {
  readonly purchases: string;
  readonly purchasesWhere?: effects.RowCondition[];
  readonly day: string;
  readonly amount: string;
  readonly from: string;
  readonly to: string;
  readonly after?: number[];
  readonly cap?: number;
}

function addCohort(group: Command): void {
  const command = group
    .command('cohort')
    .description('what those who first bought between two days were worth 30, 60 and 90 days later')
    .requiredOption('--purchases <member.alias>', 'the table of purchases')
    .requiredOption('--day <column>', 'its column with the day')
    .requiredOption('--amount <column>', 'its column with the amount')
    .requiredOption('--from <day>', 'first day of a first purchase, YYYY-MM-DD')
    .requiredOption('--to <day>', 'last day of a first purchase')
    .option('--after <days>', 'days after it; may be repeated', collect(parseCount))
    .option('--cap <amount>', 'most that one person counts; less noise', parseAmount);
  withConditions(command, '--purchases-where', 'purchases');
  withMeasuring(command).action((options: CohortOptions, self: Command) =>
    runCommand(self, async ({ client, show }) => {
      const measured = await client.effects.cohort({
        ask: askOf(options),
        purchases: { table: options.purchases, conditions: options.purchasesWhere ?? [] },
        dateColumn: options.day,
        amountColumn: options.amount,
        from: options.from,
        to: options.to,
        afterDays: options.after ?? [],
        valueCap: options.cap ?? 0,
      });
      show(effects.MeasureCohortResponse.toJSON(measured), () =>
        options.dry === true ? dryText(measured.source) : cohortText(measured),
      );
    }),
  );
}

interface ReachOptions extends MeasuringOptions {
  readonly exposures: string;
  readonly exposuresWhere?: effects.RowCondition[];
  readonly segment?: string;
  readonly upTo?: number;
}

function addReach(group: Command): void {
  const command = group
    .command('reach')
    .description('how many persons were reached, and how often')
    .requiredOption('--exposures <member.alias>', 'the table of exposures, a row each')
    .option('--segment <column>', 'tells reach apart by this column')
    .option('--up-to <number>', 'exposures are counted up to this number; 10 when left out', parseCount);
  withConditions(command, '--exposures-where', 'exposures');
  withMeasuring(command).action((options: ReachOptions, self: Command) =>
    runCommand(self, async ({ client, show }) => {
      const measured = await client.effects.reach({
        ask: askOf(options),
        exposures: { table: options.exposures, conditions: options.exposuresWhere ?? [] },
        segmentColumn: options.segment ?? '',
        maxFrequency: options.upTo ?? 0,
      });
      show(effects.MeasureReachResponse.toJSON(measured), () =>
        options.dry === true ? dryText(measured.source) : reachText(measured, options.segment),
      );
    }),
  );
}

interface AttributeOptions extends MeasuringOptions {
  readonly touches: string;
  readonly touchesWhere?: effects.RowCondition[];
  readonly channel: string;
  readonly touchedAt: string;
  readonly conversions: string;
  readonly conversionsWhere?: effects.RowCondition[];
  readonly convertedAt: string;
  readonly value?: string;
  readonly model: effects.AttributionModel;
  readonly within?: number;
  readonly cap?: number;
}

function addAttribute(group: Command): void {
  const command = group
    .command('attribute')
    .description('which channel is given the conversions: the last touch before, the first, or all alike')
    .requiredOption('--touches <member.alias>', 'the table of touches, a row each')
    .requiredOption('--channel <column>', 'its column with the channel')
    .requiredOption('--touched-at <column>', 'its column with the moment')
    .requiredOption('--conversions <member.alias>', 'the table of conversions; the first of each person counts')
    .requiredOption('--converted-at <column>', 'its column with the moment')
    .requiredOption('--model <model>', 'last, first or linear', parseModel)
    .option('--value <column>', "the conversions' column with their value; else they are counted")
    .option('--within <days>', 'only touches at most so many days before', parseCount)
    .option('--cap <amount>', 'most that one conversion counts; less noise', parseAmount);
  withConditions(command, '--touches-where', 'touches');
  withConditions(command, '--conversions-where', 'conversions');
  withMeasuring(command).action((options: AttributeOptions, self: Command) =>
    runCommand(self, async ({ client, show }) => {
      const measured = await client.effects.attribute({
        ask: askOf(options),
        touches: { table: options.touches, conditions: options.touchesWhere ?? [] },
        channelColumn: options.channel,
        touchTimeColumn: options.touchedAt,
        conversions: { table: options.conversions, conditions: options.conversionsWhere ?? [] },
        conversionTimeColumn: options.convertedAt,
        valueColumn: options.value ?? '',
        model: options.model,
        withinDays: options.within ?? 0,
        valueCap: options.cap ?? 0,
      });
      show(effects.AttributeResponse.toJSON(measured), () =>
        options.dry === true ? dryText(measured.source) : creditsText(measured),
      );
    }),
  );
}

function parseModel(value: string): effects.AttributionModel {
  if (value === 'last') return effects.AttributionModel.LAST_TOUCH;
  if (value === 'first') return effects.AttributionModel.FIRST_TOUCH;
  if (value === 'linear') return effects.AttributionModel.LINEAR;
  throw new InvalidArgumentError('it must be `last`, `first` or `linear`');
}
