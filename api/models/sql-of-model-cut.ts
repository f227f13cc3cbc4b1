import { clusterSql, cutFor, cutSql, type UsedFunction } from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { type Call, notFound } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { admitToModel, usableModel } from './model-record.ts';
import { invalid } from './model-spec.ts';
import type { TrainedModel } from './trained-model.ts';

/** For which audience a model is cut. */
export interface ModelCutPlace {
  readonly collaborationId: string;
  /** The member whose audience it becomes. */
  readonly actingFor: string;
}

/** An audience that a model cuts, as SQL. */
export interface ModelCutSql {
  readonly sql: string;
  /** The versions of scoring functions that the model was trained with. */
  readonly functions: readonly UsedFunction[];
}

/**
 * The SQL of an audience that a model cuts: conditions over a person's own row, with released values in them.
 *
 * It is SQL like any other from here on: all owners' rules of now are held against it, and its size is charged.
 *
 * @throws {ServiceError} NOT_FOUND, PERMISSION_DENIED, INVALID_REQUEST, RECORD_ERASED or NOT_ACCEPTED
 */
export async function sqlOfModelCut(
  kitchen: Kitchen,
  call: Call,
  { collaborationId, actingFor }: ModelCutPlace,
  cut: audiences.ModelCut,
): Promise<ModelCutSql> {
  const record = await admitToModel(kitchen, call, cut.modelId);
  if (record.row.collaboration_id !== collaborationId || record.row.owner !== actingFor) throw notFound('model');
  const { learnt, functions } = await usableModel(kitchen, record);
  return { sql: sqlOfCut(learnt, cut), functions };
}

function sqlOfCut(learnt: TrainedModel['learnt'], cut: audiences.ModelCut): string {
  if (learnt.kind === 'clusters') {
    if (cut.persons !== 0n) throw invalid('a cluster has the persons it has: leave `persons` out and name `cluster`');
    if (cut.cluster >= learnt.points.length) {
      throw invalid(`the model has ${learnt.points.length} clusters, named from 0`);
    }
    return clusterSql(learnt.source, learnt.space, { points: learnt.points, cluster: cut.cluster });
  }
  if (cut.persons === 0n) throw invalid('`persons` must say about how many of the best persons are wanted');
  const best = cutFor(learnt.cuts, Number(cut.persons));
  if (best === null) {
    throw invalid('the scores of this model tell nobody apart; train it with more epsilon or other features');
  }
  return cutSql(learnt.ranking, best.score);
}
