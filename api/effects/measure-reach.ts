import { estimateOf, frequencyName, type NoisyNumber, personsOf, reachSql } from '../../policies/index.ts';
import type { effects } from '../../proto/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { askEffect, type EffectTools, estimateMessage, keyText, noisyNumber, type ReleasedRow } from './ask-effect.ts';
import { effectTable, groupNamed, readEffectTables } from './effect-tables.ts';

/** Exposures are counted up to so many where nothing is said: beyond ten, one more is seldom noticed. */
const USUAL_FREQUENCY_COUNT = 10;
/** Each number of exposures is one more number with noise; beyond this they would drown. */
const MAX_FREQUENCY_COUNT = 50;

/** Measures how many persons were reached, and how often. */
export async function measureReach(
  tools: EffectTools,
  call: Call,
  request: effects.MeasureReachRequest,
): Promise<effects.MeasureReachResponse> {
  const { ask, views } = await readEffectTables(tools.kitchen, call, request.ask);
  const maxFrequency = request.maxFrequency === 0 ? USUAL_FREQUENCY_COUNT : request.maxFrequency;
  if (maxFrequency > MAX_FREQUENCY_COUNT) {
    throw new ServiceError('INVALID_REQUEST', `\`max_frequency\` must be at most ${MAX_FREQUENCY_COUNT}`);
  }
  const exposures = effectTable(views, request.exposures, 'exposures');
  const { segmentColumn } = request;
  const sql = reachSql({
    exposures,
    segmentColumn: segmentColumn === '' ? null : groupNamed(exposures, segmentColumn, 'segment_column'),
    maxFrequency,
  });
  const { rows, source } = await askEffect(tools, call, ask, sql);
  return { reach: rows.map((row) => reachMessage(row, maxFrequency)), source };
}

function reachMessage(row: ReleasedRow, maxFrequency: number): effects.Reach {
  const persons = noisyNumber(row, 'persons');
  const byFrequency = Array.from({ length: maxFrequency }, (_, index) => noisyNumber(row, frequencyName(index + 1)));
  const total = noisyNumber(row, 'times');
  const frequency = estimateOf({
    persons,
    total,
    squares: squaresOf(byFrequency),
    bounds: { low: 1, high: maxFrequency },
  });
  return {
    segment: keyText(row, 'segment'),
    persons: estimateMessage(personsOf(persons)),
    frequency: estimateMessage(frequency),
    byFrequency: byFrequency.map((count) => estimateMessage(personsOf(count))),
  };
}

/** The sum of squares follows from how many have each number: it needs no noise of its own. */
function squaresOf(byFrequency: readonly NoisyNumber[]): NoisyNumber {
  const squares = byFrequency.map((count, index) => ({ ...count, square: (index + 1) ** 2 }));
  return {
    value: squares.reduce((sum, { value, square }) => sum + value * square, 0),
    noiseVariance: squares.reduce((sum, { noiseVariance, square }) => sum + noiseVariance * square * square, 0),
  };
}
