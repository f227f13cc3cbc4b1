import type { Selectable } from 'kysely';
import type { Decision } from '../authorize/index.ts';
import { type CollaborationRecord, factsOf, grantFactsOf, readCollaboration } from '../collaborations/index.ts';
import { openDetail, openKept, recordErased } from '../details/index.ts';
import { accessRefused, type Call, notFound, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';
import { type KeptModel, readKeptModel } from './trained-model.ts';

/** A model as stored. */
export type ModelRow = Selectable<Tables['models']>;

/** A model in its collaboration. */
export interface ModelRecord {
  readonly row: ModelRow;
  readonly collaboration: CollaborationRecord;
}

/** Lets a caller at a model. @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED */
export async function admitToModel(kitchen: Kitchen, call: Call, modelId: string): Promise<ModelRecord> {
  const row = await kitchen.store.db
    .selectFrom('models')
    .selectAll()
    .where('model_id', '=', modelId)
    .executeTakeFirst();
  const collaboration = row && (await readCollaboration(kitchen, row.collaboration_id));
  if (row === undefined || collaboration === undefined) throw notFound('model');
  const decision = decideOnModel(kitchen, call, { row, collaboration });
  if (decision.allowed) return { row, collaboration };
  throw accessRefused({ thing: 'model', id: modelId, isVisible: decision.isVisible });
}

/** Decides whether a caller may read a model, by the rights of now. */
export function decideOnModel(kitchen: Kitchen, { principal }: Call, { row, collaboration }: ModelRecord): Decision {
  return kitchen.authorizer.authorize({
    principal,
    nowMs: kitchen.nowMs(),
    action: 'read-model',
    collaboration: factsOf(collaboration),
    model: { modelId: row.model_id, definer: row.definer, owner: row.owner },
    grants: grantFactsOf(collaboration, principal.member),
    tables: Object.keys(datasetsOf(row)),
  });
}

/** The dataset that each table was when the model was trained. */
function datasetsOf({ datasets }: ModelRow): Readonly<Record<string, string>> {
  return JSON.parse(datasets) as Record<string, string>;
}

/** What a model has learnt; `null` once an erasure has taken it along. */
export async function shownModel(kitchen: Kitchen, { model_id: subjectId }: ModelRow): Promise<KeptModel | null> {
  const detail = await openDetail(kitchen, { kind: 'definition', subjectId });
  return detail?.state === 'kept' ? readKeptModel(detail.content) : null;
}

/**
 * What a model has learnt, for an audience that is to be cut from it.
 *
 * @throws {ServiceError} RECORD_ERASED when it, or a question that it was made of, was erased; NOT_ACCEPTED when a table
 * is no longer the dataset that it was
 */
export async function usableModel(kitchen: Kitchen, { row, collaboration }: ModelRecord): Promise<KeptModel> {
  const { content } = await openKept(kitchen, { kind: 'definition', subjectId: row.model_id });
  for (const subjectId of JSON.parse(row.query_ids) as string[]) {
    const question = await openDetail(kitchen, { kind: 'question', subjectId });
    if (question?.state === 'erased') throw recordErased(question);
  }
  for (const [table, datasetId] of Object.entries(datasetsOf(row))) {
    const bound = collaboration.bindings.find((b) => `${b.owner}.${b.alias}` === table);
    if (bound?.dataset_id === datasetId) continue;
    const [owner = ''] = table.split('.');
    const message = `\`${table}\` is no longer the dataset that the model was trained on; train it again`;
    throw new ServiceError('NOT_ACCEPTED', message, { metadata: { owner } });
  }
  return readKeptModel(content);
}
