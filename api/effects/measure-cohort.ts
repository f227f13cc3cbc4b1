import { type ArmCounts, cohortNames, cohortSql, estimateOf, personsOf } from '../../policies/index.ts';
import type { effects } from '../../proto/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { askEffect, type EffectTools, estimateMessage, noisyNumber, type ReleasedRow } from './ask-effect.ts';
import { amountNamed, assertFew, columnNamed, dayNamed, effectTable, readEffectTables } from './effect-tables.ts';

/** The days after a first purchase that are asked where none are named. */
const USUAL_DAYS = [30, 60, 90] as const;
/** Ten years: beyond it a cohort has no first purchase that anybody would compare. */
const MAX_AFTER_DAYS = 3_660;

/** Measures what those who first bought between two days were worth after so many days. */
export async function measureCohort(
  tools: EffectTools,
  call: Call,
  request: effects.MeasureCohortRequest,
): Promise<effects.MeasureCohortResponse> {
  const { ask, views } = await readEffectTables(tools.kitchen, call, request.ask);
  const afterDays = daysNamed(request.afterDays);
  const { sql, bounds } = cohortSql({
    purchases: effectTable(views, request.purchases, 'purchases'),
    dateColumn: columnNamed(request.dateColumn, 'date_column'),
    amountColumn: columnNamed(request.amountColumn, 'amount_column'),
    from: dayNamed(request.from, 'from'),
    to: dayNamed(request.to, 'to'),
    afterDays,
    cap: amountNamed(request.valueCap, 'value_cap'),
  });
  const { rows, source } = await askEffect(tools, call, ask, sql);
  const values = rows.flatMap((row) => afterDays.map((days, index) => valueMessage(row, { days, index, bounds })));
  return { values, source };
}

function valueMessage(
  row: ReleasedRow,
  { days, index, bounds }: { days: number; index: number; bounds: ArmCounts['bounds'] },
): effects.CohortValue {
  const names = cohortNames(index);
  const persons = noisyNumber(row, 'persons');
  const spent = { persons, total: noisyNumber(row, names.value), squares: noisyNumber(row, names.squares), bounds };
  const again = { persons, total: noisyNumber(row, names.again), squares: null, bounds: { low: 0, high: 1 } };
  return {
    afterDays: days,
    persons: estimateMessage(personsOf(persons)),
    valuePerPerson: estimateMessage(estimateOf(spent)),
    repeatRate: estimateMessage(estimateOf(again)),
  };
}

function daysNamed(named: readonly number[]): readonly number[] {
  assertFew(named, 'after_days');
  if (named.length === 0) return USUAL_DAYS;
  if (named.every((days) => days >= 1 && days <= MAX_AFTER_DAYS)) return [...new Set(named)].sort((a, b) => a - b);
  throw new ServiceError('INVALID_REQUEST', `\`after_days\` must be numbers from 1 to ${MAX_AFTER_DAYS}`);
}
