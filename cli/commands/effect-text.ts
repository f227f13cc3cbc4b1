import type { effects } from '../../proto/index.ts';
import { formatNumber, renderTable } from '../render/index.ts';

/** Digits of a rate: a tenth of a percent of a percent. */
const RATE_DIGITS = 4;
/** Below this a p-value is written as smaller than it: nobody can use more. */
const SMALLEST_P = 0.0001;

/** Where an interval comes from, said once under every table. */
const EFFECT_INTERVALS =
  'in brackets: where the truth lies 95 times in 100, by chance of the sample and by noise of the protection';

/** What happened is no sample: credit has no chance in its interval. */
const CREDIT_INTERVALS = 'in brackets: where the exact number lies 95 times in 100, by noise of the protection';

/** An estimate with its interval; nothing where it is lost in its noise. */
function estimateText(estimate: effects.Estimate | undefined, digits = RATE_DIGITS): string {
  if (estimate === undefined) return '';
  const [value, low, high] = [estimate.value, estimate.ci95Low, estimate.ci95High].map((n) => formatNumber(n, digits));
  return `${value} (${low} to ${high})`;
}

/** The price of a measurement and the question behind it, for a dry call. */
export function dryText(source: effects.EffectSource | undefined): string {
  const { epsilon = 0, delta = 0 } = source?.charged ?? {};
  const price =
    epsilon === 0 ? 'nothing: it was answered before' : `epsilon ${formatNumber(epsilon, RATE_DIGITS)}, delta ${delta}`;
  return [...(source?.sql ?? []), `it would cost ${price}`].join('\n');
}

/** What a measurement was charged, under its table. */
function chargedText(source: effects.EffectSource | undefined): string {
  const { epsilon = 0, delta = 0 } = source?.charged ?? {};
  if (epsilon === 0) return 'charged: nothing, the same was measured before';
  return `charged: epsilon ${formatNumber(epsilon, RATE_DIGITS)}, delta ${delta}`;
}

/** Shows uplift by segment and arm, and each split that should not be believed. */
export function upliftText(
  { arms, splits, source }: effects.MeasureUpliftResponse,
  segments: readonly string[],
): string {
  const head = [...segments, 'arm', 'persons', 'rate', 'uplift', 'relative', 'p'];
  const rows = arms.map((a) => [
    ...a.segment,
    a.arm,
    estimateText(a.persons, 0),
    estimateText(a.rate),
    estimateText(a.uplift),
    estimateText(a.relativeUplift, 2),
    a.uplift === undefined ? '' : probabilityText(a.pValue),
  ]);
  const uneven = splits.filter(({ mismatch }) => mismatch).map(unevenText);
  return [renderTable(head, rows), EFFECT_INTERVALS, ...uneven, chargedText(source)].join('\n');
}

function unevenText({ segment, pValue }: effects.SplitCheck): string {
  const where = segment.length === 0 ? 'the split' : `the split of ${segment.join(', ')}`;
  return `do not believe this: ${where} is not as it was drawn (p ${probabilityText(pValue)})`;
}

function probabilityText(p: number): string {
  return p < SMALLEST_P ? `< ${SMALLEST_P}` : formatNumber(p, RATE_DIGITS);
}

/** Shows what a cohort was worth. */
export function cohortText({ values, source }: effects.MeasureCohortResponse): string {
  const rows = values.map((v) => [
    v.afterDays,
    estimateText(v.persons, 0),
    estimateText(v.valuePerPerson, 2),
    estimateText(v.repeatRate),
  ]);
  const head = ['days', 'persons', 'value per person', 'bought again'];
  return [renderTable(head, rows), EFFECT_INTERVALS, chargedText(source)].join('\n');
}

/** Shows reach by segment. */
export function reachText({ reach, source }: effects.MeasureReachResponse, segment: string | undefined): string {
  const most = Math.max(0, ...reach.map(({ byFrequency }) => byFrequency.length));
  const times = Array.from({ length: most }, (_, index) => `${index + 1}${index + 1 === most ? ' or more' : ''}`);
  const head = [...(segment === undefined ? [] : [segment]), 'persons', 'times each', ...times];
  const rows = reach.map((r) => [
    ...(segment === undefined ? [] : [r.segment]),
    estimateText(r.persons, 0),
    estimateText(r.frequency, 2),
    ...r.byFrequency.map((count) => formatNumber(count.value, 0)),
  ]);
  return [renderTable(head, rows), EFFECT_INTERVALS, chargedText(source)].join('\n');
}

/** Shows what each channel is given. */
export function creditsText({ credits, source }: effects.AttributeResponse): string {
  const rows = credits.map(({ channel, credit }) => [channel, estimateText(credit, 1)]);
  return [renderTable(['channel', 'given'], rows), CREDIT_INTERVALS, chargedText(source)].join('\n');
}
