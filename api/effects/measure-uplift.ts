import {
  type ArmCounts,
  MISMATCH_PROBABILITY_RATIO,
  personsOf,
  segmentName,
  splitProbability,
  type UpliftSql,
  upliftOf,
  upliftSql,
} from '../../policies/index.ts';
import type { effects } from '../../proto/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { askEffect, type EffectTools, estimateMessage, keyText, noisyNumber, type ReleasedRow } from './ask-effect.ts';
import { amountNamed, assertFew, effectTable, groupNamed, readEffectTables } from './effect-tables.ts';

/** An arm of a segment as released. */
interface ReleasedArm {
  readonly arm: string;
  readonly counts: ArmCounts;
}

/** Measures what arms did beside a control arm, segment by segment. */
export async function measureUplift(
  tools: EffectTools,
  call: Call,
  request: effects.MeasureUpliftRequest,
): Promise<effects.MeasureUpliftResponse> {
  const { ask, views } = await readEffectTables(tools.kitchen, call, request.ask);
  assertShares(request.expectedShares);
  assertFew(request.segmentColumns, 'segment_columns');
  const { outcomeSegmentColumns: matched, segmentColumns } = request;
  if (matched.length > 0 && matched.length !== segmentColumns.length) {
    const message =
      '`outcome_segment_columns` names another number of columns than `segment_columns`; name one for each';
    throw new ServiceError('INVALID_REQUEST', message);
  }
  const assignment = effectTable(views, request.assignment, 'assignment');
  const asked = upliftSql({
    assignment,
    armColumn: groupNamed(assignment, request.armColumn, 'arm_column'),
    segmentColumns: segmentColumns.map((column) => groupNamed(assignment, column, 'segment_columns')),
    outcome: effectTable(views, request.outcome, 'outcome'),
    outcomeColumn: request.outcomeColumn === '' ? null : request.outcomeColumn,
    outcomeSegmentColumns: matched,
    isKnownOnly: request.knownOnly,
    cap: amountNamed(request.outcomeCap, 'outcome_cap'),
  });
  if (request.controlArm === '') throw new ServiceError('INVALID_REQUEST', '`control_arm` is missing; name one arm');
  const { rows, source } = await askEffect(tools, call, ask, asked.sql);
  const segments = segmentsOf(rows, segmentColumns.length, asked);
  return {
    arms: segments.flatMap(({ segment, arms }) => armMessages(segment, arms, request.controlArm)),
    splits: segments.map(({ segment, arms }) => splitMessage(segment, arms, request.expectedShares)),
    source,
  };
}

function segmentsOf(
  rows: readonly ReleasedRow[],
  depth: number,
  asked: Pick<UpliftSql, 'bounds' | 'hasSquares'>,
): readonly { segment: string[]; arms: readonly ReleasedArm[] }[] {
  const bySegment = Map.groupBy(rows, (row) => JSON.stringify(segmentOf(row, depth)));
  return [...bySegment.entries()].map(([segment, of]) => ({
    segment: JSON.parse(segment) as string[],
    arms: of.map((row) => ({
      arm: keyText(row, 'arm'),
      counts: {
        persons: noisyNumber(row, 'persons'),
        total: noisyNumber(row, 'total'),
        squares: asked.hasSquares ? noisyNumber(row, 'squares') : null,
        bounds: asked.bounds,
      },
    })),
  }));
}

function segmentOf(row: ReleasedRow, depth: number): readonly string[] {
  return Array.from({ length: depth }, (_, index) => keyText(row, segmentName(index)));
}

function armMessages(segment: string[], arms: readonly ReleasedArm[], controlArm: string): effects.ArmEffect[] {
  const control = arms.find(({ arm }) => arm === controlArm);
  return arms.map(({ arm, counts }) => {
    const measured = upliftOf(counts, arm === controlArm ? null : (control?.counts ?? null));
    return {
      segment,
      arm,
      persons: estimateMessage(personsOf(counts.persons)),
      rate: estimateMessage(measured.rate),
      uplift: estimateMessage(measured.uplift),
      relativeUplift: estimateMessage(measured.relativeUplift),
      pValue: measured.pValue,
    };
  });
}

/** Arms that were too small to show, or that no share is given of, are left out; the shares of the rest are as between them. */
function splitMessage(
  segment: string[],
  arms: readonly ReleasedArm[],
  shares: Readonly<Record<string, number>>,
): effects.SplitCheck {
  const isAlike = Object.keys(shares).length === 0;
  const drawn = arms.flatMap(({ arm, counts }) => {
    const share = isAlike ? 1 : (shares[arm] ?? 0);
    return share > 0 ? [{ persons: counts.persons, share }] : [];
  });
  const all = drawn.reduce((sum, { share }) => sum + share, 0);
  const pValue = splitProbability(drawn.map(({ persons, share }) => ({ persons, share: share / all })));
  return { segment, pValue, mismatch: pValue < MISMATCH_PROBABILITY_RATIO };
}

function assertShares(shares: Readonly<Record<string, number>>): void {
  assertFew(Object.keys(shares), 'expected_shares');
  for (const share of Object.values(shares)) {
    if (Number.isFinite(share) && share > 0) continue;
    throw new ServiceError('INVALID_REQUEST', 'a share of `expected_shares` must be a number over 0');
  }
}
