import type { CutCount, Dimension, ModelFigure, Point, Ranking, UsedFunction } from '../../policies/index.ts';
import type { ModelSpec } from './model-spec.ts';

/** Persons in the order of a score, with places to cut at. */
export interface TrainedRanking {
  readonly kind: 'ranking';
  readonly ranking: Ranking;
  readonly cuts: readonly CutCount[];
}

/** Persons by the nearest of some points. */
export interface TrainedClusters {
  readonly kind: 'clusters';
  readonly source: Ranking['source'];
  readonly space: readonly Dimension[];
  readonly points: readonly Point[];
}

/** What a training came to: released values and the columns of a person's own row, and nothing else. */
export interface TrainedModel {
  readonly learnt: TrainedRanking | TrainedClusters;
  /** What ranks or groups, as SQL over a person's own row. */
  readonly expression: string;
  readonly figures: readonly ModelFigure[];
}

/** A model as it is kept: sealed, as the words of an audience are. */
export interface KeptModel extends TrainedModel {
  readonly version: 1;
  readonly spec: ModelSpec;
  /** The scoring functions that audiences of it call, in the versions that it was trained with. */
  readonly functions: readonly UsedFunction[];
}

/** Writes a model as it is kept. */
export function modelBytes(model: KeptModel): Uint8Array {
  return Buffer.from(JSON.stringify(model));
}

/** Reads a model as it was kept. */
export function readKeptModel(bytes: Uint8Array): KeptModel {
  return JSON.parse(Buffer.from(bytes).toString()) as KeptModel;
}
