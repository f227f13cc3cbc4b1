import { tableName } from '../../policies/index.ts';
import type { models } from '../../proto/index.ts';
import { admit, type CollaborationRecord } from '../collaborations/index.ts';
import { touchedBy } from '../decisions/index.ts';
import { keepDetail } from '../details/index.ts';
import { assertAccepted, MAX_READING_MS, readTableViews } from '../exits/index.ts';
import { type Call, notFound } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, newId, type Remember, readDisplayName, record } from '../kitchen/index.ts';
import type { Runs } from '../queries/index.ts';
import { invalid, type ModelSpec, readSpec } from './model-spec.ts';
import { type AskedPersons, personsOfModel } from './persons-of-model.ts';
import { trainClusters } from './train-clusters.ts';
import { type Seed, trainFunctionScore, trainLookAlike } from './train-ranking.ts';
import { modelBytes, type TrainedModel } from './trained-model.ts';
import { Training } from './training.ts';

/** Epsilon of a model when the caller names none: as much as one good question. */
const DEFAULT_EPSILON = 1;
/** Least epsilon of a model: less is noise alone after it was shared out among its questions. */
const MIN_MODEL_EPSILON = 0.1;

/** An audience that may be a seed: whose it is, where, and the SQL that selects it. */
export interface SeedAudience {
  readonly collaborationId: string;
  readonly owner: string;
  readonly tables: readonly string[];
  readonly sql: string;
}

/** What a training works with, beside the kitchen. */
export interface TrainingTools {
  readonly runs: Runs;
  /** Opens an audience for a caller who may size it. @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED */
  readonly readSeed: (call: Call, audienceId: string) => Promise<SeedAudience>;
}

/** Lets a caller train models for whom it names. @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED */
export async function admitToTrain(
  kitchen: Kitchen,
  call: Call,
  { collaborationId, onBehalfOf }: models.TrainModelRequest,
): Promise<CollaborationRecord> {
  const actingFor = onBehalfOf === '' ? call.principal.member : onBehalfOf;
  return await admit(kitchen, call, { action: 'train-model', collaborationId, actingFor });
}

/** describe → ask, question by question → learn → log → keep: trains a model and answers its id. */
export async function trainModel(
  kitchen: Kitchen,
  tools: TrainingTools,
  call: Call,
  asked: {
    readonly request: models.TrainModelRequest;
    readonly collaboration: CollaborationRecord;
    readonly remember: Remember;
  },
): Promise<string> {
  const { request, collaboration, remember } = asked;
  const actingFor = request.onBehalfOf === '' ? call.principal.member : request.onBehalfOf;
  const displayName = readDisplayName(request.displayName);
  const spec = readSpec(request.spec);
  const epsilon = readEpsilon(request.epsilon);
  const work = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  const seed =
    spec.kind === 'look-alike' ? await openSeed(kitchen, tools, call, { collaboration, actingFor, spec }) : null;
  const persons = await personsOfModel(kitchen, call, { collaboration, actingFor, work }, askedOf(spec, seed));
  const tables = [...new Set([...persons.tables, ...(seed?.tables ?? [])])];
  assertAccepted(
    collaboration,
    tables.map((view) => view.member),
  );
  const modelId = newId('mod');
  const training = await Training.begin(kitchen, tools.runs, call, {
    collaboration,
    actingFor,
    epsilon,
    datasetIds: tables.map((view) => view.datasetId),
    trainingId: `${collaboration.row.collaboration_id} ${request.requestId === '' ? modelId : request.requestId}`,
  });
  const trained = await train(training, persons, { spec, seed });
  const functions = persons.used;
  const keeping = { modelId, displayName, spec, trained, training, tables, functions };
  await keepModel(kitchen, call, { ...keeping, collaboration, actingFor, remember });
  return modelId;
}

function askedOf(spec: ModelSpec, seed: Seed | null): AskedPersons {
  const { persons, features } = spec;
  const without = spec.kind === 'look-alike' && spec.isWithoutSeed ? (seed?.sql ?? null) : null;
  return { persons, features, without, functionName: spec.kind === 'function-score' ? spec.functionName : null };
}

async function train(
  training: Training,
  persons: Awaited<ReturnType<typeof personsOfModel>>,
  { spec, seed }: { readonly spec: ModelSpec; readonly seed: Seed | null },
): Promise<TrainedModel> {
  if (spec.kind === 'clusters') return await trainClusters(training, persons, spec);
  if (spec.kind === 'function-score') return await trainFunctionScore(training, persons, spec);
  if (seed === null) throw new Error('a look-alike has a seed');
  return await trainLookAlike(training, persons, { spec, seed });
}

function readEpsilon(epsilon: number): number {
  if (epsilon === 0) return DEFAULT_EPSILON;
  if (Number.isFinite(epsilon) && epsilon >= MIN_MODEL_EPSILON) return epsilon;
  throw invalid(`\`epsilon\` must be a number of at least ${MIN_MODEL_EPSILON}; 0 chooses ${DEFAULT_EPSILON}`);
}

/** The seed is another audience of the same member: whose else it is may not learn from it what it is like. */
async function openSeed(
  kitchen: Kitchen,
  { readSeed }: TrainingTools,
  call: Call,
  of: {
    readonly collaboration: CollaborationRecord;
    readonly actingFor: string;
    readonly spec: Extract<ModelSpec, { kind: 'look-alike' }>;
  },
): Promise<Seed> {
  const { collaboration, actingFor, spec } = of;
  const audience = await readSeed(call, spec.seedAudienceId);
  const isSamePlace = audience.collaborationId === collaboration.row.collaboration_id;
  if (!isSamePlace || audience.owner !== actingFor) throw notFound('audience');
  const views = await readTableViews(kitchen, collaboration);
  const tables = views.filter((view) => audience.tables.includes(tableName(view)));
  return { sql: audience.sql.replace(/;\s*$/, ''), tables };
}

interface Keeping {
  readonly modelId: string;
  readonly displayName: string;
  readonly spec: ModelSpec;
  readonly trained: TrainedModel;
  readonly training: Training;
  readonly tables: Seed['tables'];
  readonly functions: Awaited<ReturnType<typeof personsOfModel>>['used'];
  readonly collaboration: CollaborationRecord;
  readonly actingFor: string;
  readonly remember: Remember;
}

async function keepModel(kitchen: Kitchen, call: Call, keeping: Keeping): Promise<void> {
  const { modelId, spec, trained, training, tables, actingFor } = keeping;
  const collaborationId = keeping.collaboration.row.collaboration_id;
  const { member } = call.principal;
  const place = { collaborationId, touched: touchedBy(tables, { asker: member, actingFor }) };
  const content = modelBytes({ version: 1, spec, functions: keeping.functions, ...trained });
  const definition = await keepDetail(
    kitchen,
    kitchen.store.db,
    { ...place, kind: 'definition', subjectId: modelId },
    content,
  );
  const questions = [...training.queryIds];
  const leafIndex = await record(kitchen, {
    kind: 'model-trained',
    call,
    collaboration: collaborationId,
    subject: {
      model: modelId,
      actingFor,
      tables: tables.map(tableName),
      modelKind: spec.kind,
      questions,
      definition,
      decidingCode: { ...kitchen.code },
    },
  });
  const { epsilon, delta, rho } = training.charged;
  const row = {
    model_id: modelId,
    collaboration_id: collaborationId,
    display_name: keeping.displayName,
    definer: member,
    owner: actingFor,
    datasets: JSON.stringify(Object.fromEntries(tables.map((view) => [tableName(view), view.datasetId]))),
    query_ids: JSON.stringify(questions),
    price_epsilon: epsilon,
    price_delta: delta,
    price_rho: rho,
    trained_at_ms: kitchen.nowMs(),
    leaf_index: leafIndex,
  };
  await kitchen.store.transaction(async (db) => {
    await db.insertInto('models').values(row).execute();
    await keeping.remember(db, Buffer.from(modelId));
  });
}
