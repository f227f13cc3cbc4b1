import type { Interval, NoisyNumber } from '../../policies/index.ts';
import { type effects, type privacy, queries } from '../../proto/index.ts';
import { costMessage } from '../collaborations/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { askForTable, explain, type Runs } from '../queries/index.ts';

/** One row of a release. */
export type ReleasedRow = Readonly<Record<string, unknown>>;

/** The answer to the one question that a measurement asks. */
export interface AskedEffect {
  /** None of a dry call. */
  readonly rows: readonly ReleasedRow[];
  readonly source: effects.EffectSource;
}

/** What a measurement is made with. */
export interface EffectTools {
  readonly kitchen: Kitchen;
  readonly runs: Runs;
}

/** Standard deviations between a released value and each end of its 95 % interval. */
const DEVIATIONS_95 = 1.959964;

/**
 * Asks the question that a measurement is made of, as its caller would: same rights, same rules, same ledger, same
 * entries and receipt. All that is computed from its release is free (design: after noise, everything is).
 */
export async function askEffect(
  { kitchen, runs }: EffectTools,
  call: Call,
  ask: effects.EffectAsk,
  sql: string,
): Promise<AskedEffect> {
  const { collaborationId, epsilon, onBehalfOf, requestId } = ask;
  const mode = queries.ReleaseMode.PRIVATE;
  const question = { collaborationId, sql, epsilon, onBehalfOf, omitIntervals: false, mode };
  return await withoutPlaces(async () => {
    if (ask.dry) return { rows: [], source: sourceOf(await priceOfQuestion(kitchen, call, question), [], sql) };
    // One call asks one question, so that a repetition of the call is one of its question.
    const asked = await askForTable(kitchen, runs, call, { question, requestId: requestId && `${requestId}/effect` });
    return { rows: asked.rows, source: sourceOf(costMessage(asked.charged), [asked.queryId], sql) };
  });
}

/** A refusal says what broke which rule, and not where: the caller did not write the SQL that the places are in. */
async function withoutPlaces<T>(asking: () => Promise<T>): Promise<T> {
  try {
    return await asking();
  } catch (error) {
    const violations = error instanceof ServiceError ? error.details.violations : undefined;
    if (!(error instanceof ServiceError) || violations === undefined) throw error;
    const told = violations.map((v) => ({ ...v, span: undefined, passingSql: '', passingChanges: [] }));
    throw new ServiceError(error.code, error.message, { ...error.details, violations: told });
  }
}

async function priceOfQuestion(
  kitchen: Kitchen,
  call: Call,
  question: queries.Question,
): Promise<privacy.PrivacyCost | undefined> {
  const { violations, price } = await explain(kitchen, call, question);
  if (violations.length === 0) return price;
  const message = violations[0]?.message ?? 'the question is refused';
  throw new ServiceError('QUESTION_REFUSED', message, { violations });
}

function sourceOf(charged: privacy.PrivacyCost | undefined, queryIds: string[], sql: string): effects.EffectSource {
  return { charged, queryIds, sql: [sql] };
}

/**
 * A released number with the variance of its noise, read from its own interval: the half width follows from the declared
 * variance and nothing else. It is rounded up to a whole number, so that the variance is never too small.
 */
export function noisyNumber(row: ReleasedRow, column: string): NoisyNumber {
  const value = Number(row[column]);
  const width = Math.max(Number(row[`${column}_ci95_high`]) - value, 0);
  return { value, noiseVariance: (width / DEVIATIONS_95) ** 2 };
}

/** The text of a group key; a missing one is empty. */
export function keyText(row: ReleasedRow, column: string): string {
  const value = row[column];
  return value === null || value === undefined ? '' : String(value);
}

/** An interval as a message; what is lost in its noise stays unset. */
export function estimateMessage(interval: Interval): effects.Estimate;
export function estimateMessage(interval: Interval | null): effects.Estimate | undefined;
export function estimateMessage(interval: Interval | null): effects.Estimate | undefined {
  return interval === null ? undefined : { value: interval.value, ci95Low: interval.low, ci95High: interval.high };
}
