import { models } from '../../proto/index.ts';
import { admit, costMessage } from '../collaborations/index.ts';
import type { Call, HandlerWrappers } from '../grpc/index.ts';
import { type Kitchen, once, readPage } from '../kitchen/index.ts';
import { admitToModel, decideOnModel, type ModelRow, shownModel } from './model-record.ts';
import { specMessage } from './model-spec.ts';
import { admitToTrain, type TrainingTools, trainModel } from './train-model.ts';

/** Most models of a page: with the longest of them an answer is still under the largest message. */
const MAX_PAGE_MODELS = 20;

/** The handlers of galley.v1.ModelService. */
export function makeModelService(
  kitchen: Kitchen,
  tools: TrainingTools,
  { unary }: HandlerWrappers,
): models.ModelServiceServer {
  return {
    trainModel: unary('train-model', (request, call) => train(kitchen, tools, call, request)),
    getModel: unary('read-model', async ({ modelId }, call) => {
      const { row } = await admitToModel(kitchen, call, modelId);
      return { model: await modelMessage(kitchen, row) };
    }),
    listModels: unary('list-models', (request, call) => list(kitchen, call, request)),
  };
}

async function train(
  kitchen: Kitchen,
  tools: TrainingTools,
  call: Call,
  request: models.TrainModelRequest,
): Promise<models.TrainModelResponse> {
  // Before the answer of a repetition too: the rights it was given under may have ended.
  const collaboration = await admitToTrain(kitchen, call, request);
  const repeatable = {
    member: call.principal.member,
    rpc: 'TrainModel',
    requestId: request.requestId,
    request: models.TrainModelRequest.encode(request).finish(),
  };
  const id = await once(kitchen, repeatable, async (remember) =>
    Buffer.from(await trainModel(kitchen, tools, call, { request, collaboration, remember })),
  );
  const { row } = await admitToModel(kitchen, call, Buffer.from(id).toString());
  return { model: await modelMessage(kitchen, row) };
}

async function list(
  kitchen: Kitchen,
  call: Call,
  request: models.ListModelsRequest,
): Promise<models.ListModelsResponse> {
  const { collaborationId } = request;
  const collaboration = await admit(kitchen, call, { action: 'list-models', collaborationId });
  const page = readPage({ ...request, pageSize: Math.min(request.pageSize || MAX_PAGE_MODELS, MAX_PAGE_MODELS) });
  const { member, role } = call.principal;
  const rows = await kitchen.store.db
    .selectFrom('models')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .where(role === 'isv' ? 'definer' : 'owner', '=', member)
    .orderBy('trained_at_ms')
    .orderBy('model_id')
    .limit(page.size)
    .offset(page.offset)
    .execute();
  // The list shows what GetModel would: a grant may have ended for one brand and stand for another.
  const readable = rows.filter((row) => decideOnModel(kitchen, call, { row, collaboration }).allowed);
  const messages = await Promise.all(readable.map((row) => modelMessage(kitchen, row)));
  return { models: messages, nextPageToken: page.next(rows.length) };
}

async function modelMessage(kitchen: Kitchen, row: ModelRow): Promise<models.Model> {
  const kept = await shownModel(kitchen, row);
  return {
    modelId: row.model_id,
    collaborationId: row.collaboration_id,
    displayName: row.display_name,
    owner: row.owner,
    spec: kept === null ? undefined : specMessage(kept.spec),
    expression: kept?.expression ?? '',
    figures: kept?.figures.map((figure) => ({ ...figure })) ?? [],
    charged: costMessage({ epsilon: row.price_epsilon, delta: row.price_delta, rho: row.price_rho }),
    queryIds: JSON.parse(row.query_ids) as string[],
    trainedAt: new Date(row.trained_at_ms),
  };
}
