import { type Rules, readRules } from '../../policies/index.ts';
import type { collaborations } from '../../proto/index.ts';
import { columnsOf, tableColumnsOf } from '../datasets/index.ts';
import { accessRefused, type Call, notFound, ServiceError } from '../grpc/index.ts';
import { digestOf, type Kitchen, record } from '../kitchen/index.ts';
import { type Database, openAccount } from '../store/index.ts';
import { ownerAccount } from './accounts.ts';
import { type CollaborationRecord, factsOf, readCollaboration, rulesOf } from './collaboration-record.ts';

const ALIAS = /^[a-z][a-z0-9_]{0,62}$/;
/** Longest rules document: a schema of a thousand columns with a line each. */
const MAX_RULES_BYTES = 262_144;

/** Binds a dataset of the caller's member under an alias, with its owner's rules. */
export async function bindDataset(
  kitchen: Kitchen,
  call: Call,
  request: collaborations.BindDatasetRequest,
): Promise<CollaborationRecord['bindings'][number]> {
  const collaboration = await admitOwner(kitchen, call, request.collaborationId, 'bind-dataset');
  if (!ALIAS.test(request.alias)) {
    throw new ServiceError('INVALID_REQUEST', '`alias` must be lower-case letters, digits and underscores');
  }
  const { member } = call.principal;
  const taken = collaboration.bindings.some((b) => b.owner === member && b.alias === request.alias);
  if (taken)
    throw new ServiceError('ALREADY_EXISTS', `\`${request.alias}\` is bound already; use SetRules to change it`);
  const rules = await rulesFor(kitchen, call, request.datasetId, request.rulesJson);
  return await putRules(kitchen, call, collaboration, {
    alias: request.alias,
    datasetId: request.datasetId,
    rules,
    version: 1,
  });
}

/** Replaces the rules of a binding; what was charged stays charged. */
export async function setRules(
  kitchen: Kitchen,
  call: Call,
  request: collaborations.SetRulesRequest,
): Promise<CollaborationRecord['bindings'][number]> {
  const collaboration = await admitOwner(kitchen, call, request.collaborationId, 'set-rules');
  const binding = collaboration.bindings.find((b) => b.owner === call.principal.member && b.alias === request.alias);
  if (binding === undefined) throw notFound('table');
  const rules = await rulesFor(kitchen, call, binding.dataset_id, request.rulesJson);
  return await putRules(kitchen, call, collaboration, {
    alias: binding.alias,
    datasetId: binding.dataset_id,
    rules,
    version: binding.rules_version + 1,
  });
}

async function admitOwner(
  kitchen: Kitchen,
  call: Call,
  collaborationId: string,
  action: 'bind-dataset' | 'set-rules',
): Promise<CollaborationRecord> {
  const collaboration = await readCollaboration(kitchen, collaborationId);
  if (collaboration === undefined) throw notFound('collaboration');
  const decision = kitchen.authorizer.authorize({
    principal: call.principal,
    nowMs: kitchen.nowMs(),
    action,
    collaboration: factsOf(collaboration),
    owner: call.principal.member,
  });
  if (decision.allowed) return collaboration;
  throw accessRefused({ thing: 'collaboration', id: collaborationId, isVisible: decision.isVisible });
}

async function rulesFor(kitchen: Kitchen, call: Call, datasetId: string, rulesJson: string): Promise<Rules> {
  const dataset = await kitchen.store.db
    .selectFrom('datasets')
    .selectAll()
    .where('dataset_id', '=', datasetId)
    .where('owner', '=', call.principal.member)
    .where('erased_at_ms', 'is', null)
    .executeTakeFirst();
  if (dataset === undefined) throw notFound('dataset');
  const read = readRules(parseDocument(rulesJson), tableColumnsOf(columnsOf(dataset.columns)));
  if (read.ok) return read.rules;
  const [first] = read.faults;
  const more = read.faults.length > 1 ? ` (and ${read.faults.length - 1} more)` : '';
  const fields = read.faults.map((f) => ({ path: `rules_json${f.path}`, message: f.message }));
  throw new ServiceError(
    'INVALID_REQUEST',
    `the rules are refused: \`${first?.path || '/'}\` ${first?.message ?? ''}${more}`,
    {
      fields,
    },
  );
}

function parseDocument(text: string): unknown {
  if (Buffer.byteLength(text) > MAX_RULES_BYTES) {
    throw new ServiceError('INVALID_REQUEST', `\`rules_json\` is longer than ${MAX_RULES_BYTES} bytes`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('INVALID_REQUEST', '`rules_json` is not JSON');
  }
}

interface NewRules {
  readonly alias: string;
  readonly datasetId: string;
  readonly rules: Rules;
  readonly version: number;
}

async function putRules(
  kitchen: Kitchen,
  call: Call,
  collaboration: CollaborationRecord,
  { alias, datasetId, rules, version }: NewRules,
): Promise<CollaborationRecord['bindings'][number]> {
  const { member } = call.principal;
  const rulesJson = JSON.stringify(rules);
  const isPublic = rules.publicTable !== null;
  const nowMs = kitchen.nowMs();
  const binding = {
    collaboration_id: collaboration.row.collaboration_id,
    owner: member,
    alias,
    dataset_id: datasetId,
    rules_json: rulesJson,
    rules_digest: digestOf(rulesJson),
    rules_version: version,
    bound_at_ms: nowMs,
  };
  await record(kitchen, {
    kind: version === 1 ? 'dataset-bound' : 'rules-changed',
    call,
    collaboration: binding.collaboration_id,
    subject: {
      alias,
      dataset: datasetId,
      public: isPublic,
      rulesDigest: binding.rules_digest,
      rulesVersion: version,
      budget: rules.budget,
    },
  });
  await kitchen.store.transaction(async (db) => {
    const changed = { rules_json: rulesJson, rules_digest: binding.rules_digest, rules_version: version };
    await db
      .insertInto('bindings')
      .values(binding)
      .onConflict((conflict) => conflict.columns(['collaboration_id', 'owner', 'alias']).doUpdateSet(changed))
      .execute();
    const { bound_at_ms: _, dataset_id: __, ...kept } = binding;
    await db
      .insertInto('rules_versions')
      .values({ ...kept, set_at_ms: nowMs })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    if (!isPublic) await openOwnerAccount(db, { datasetId, owner: member, nowMs });
  });
  kitchen.changes.note(binding.collaboration_id);
  return binding;
}

/**
 * The limit of a lineage is the strictest that any of its bindings sets: a second collaboration opens no new budget.
 */
async function openOwnerAccount(
  db: Database,
  { datasetId, owner, nowMs }: { datasetId: string; owner: string; nowMs: number },
): Promise<void> {
  const bindings = await db.selectFrom('bindings').select('rules_json').where('dataset_id', '=', datasetId).execute();
  const budgets = bindings.map((b) => rulesOf(b).budget);
  await openAccount(db, {
    account: ownerAccount(datasetId),
    level: 'owner',
    owner,
    collaborationId: null,
    epsilonLimit: Math.min(...budgets.map((b) => b.epsilon)),
    deltaLimit: Math.min(...budgets.map((b) => b.delta)),
    nowMs,
  });
}
