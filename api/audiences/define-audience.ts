import {
  canonicalText,
  columnsNeeded,
  functionsUsed,
  printPersons,
  tableName,
  touchedColumns,
} from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { admit, assertPermitted, type CollaborationRecord } from '../collaborations/index.ts';
import { keepDecision } from '../decisions/index.ts';
import { keepDetail } from '../details/index.ts';
import { loggableShapes, loggingRefusals, MAX_READING_MS } from '../exits/index.ts';
import { readFunctionViews, tellRetired } from '../functions/index.ts';
import type { Call } from '../grpc/index.ts';
import {
  beginCallWork,
  digestOf,
  type Kitchen,
  newId,
  type Remember,
  readDisplayName,
  record,
} from '../kitchen/index.ts';
import { type CheckedDefinition, checkDefinition } from './audience-record.ts';
import { type AskedOfAudience, keepRefusedDefinition, placeOf } from './keep-audience-decision.ts';

/** Lets a caller define audiences for whom it names. @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED */
export async function admitToDefine(
  kitchen: Kitchen,
  call: Call,
  request: audiences.DefineAudienceRequest,
): Promise<CollaborationRecord> {
  return await admit(kitchen, call, entryOf(call, request));
}

function entryOf(call: Call, { collaborationId, onBehalfOf }: audiences.DefineAudienceRequest) {
  const actingFor = onBehalfOf === '' ? call.principal.member : onBehalfOf;
  return { action: 'define-audience' as const, collaborationId, actingFor };
}

/** Checks and stores an audience definition with the answer to its repetition, and answers its id; touches no data. */
export async function defineAudience(
  kitchen: Kitchen,
  call: Call,
  request: audiences.DefineAudienceRequest,
  { collaboration, remember }: { readonly collaboration: CollaborationRecord; readonly remember: Remember },
): Promise<string> {
  const entry = entryOf(call, request);
  const displayName = readDisplayName(request.displayName);
  const audienceId = newId('aud');
  const { collaborationId } = request;
  const subject: Record<string, string> = { audience: audienceId };
  const refusal = { kind: 'audience-refused' as const, collaboration: collaborationId, subject };
  const asked = { call, subjectId: audienceId, collaborationId, actingFor: entry.actingFor };
  const work = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  const functions = await readFunctionViews(kitchen, call, entry);
  const { checked, inputs } = await loggingRefusals(kitchen, call, refusal, () =>
    checkDefinition(
      kitchen,
      collaboration,
      {
        sql: request.sql,
        functions,
        told: (violations) => tellRetired(kitchen, call, { use: entry, violations }),
        onRefused: async (refusedFrom) => {
          const digest = await keepRefusedDefinition(kitchen, asked, refusedFrom);
          if (digest !== null) subject.decision = digest;
        },
      },
      work,
    ),
  );
  const used = functionsUsed(checked);
  const tables = [...new Set(checked.tables.map((t) => tableName(t.view)))];
  assertPermitted(kitchen, call, collaboration, { ...entry, tables });
  const { definition, decision } = await keepDefinition(kitchen, asked, { checked, inputs });
  await record(kitchen, {
    kind: 'audience-defined',
    call,
    collaboration: collaborationId,
    subject: {
      audience: audienceId,
      actingFor: entry.actingFor,
      definition,
      decision,
      decidingCode: { ...kitchen.code },
      tables,
      touched: touchedColumns(columnsNeeded(checked)).map((one) => ({ ...one })),
      functions: used.map((one) => ({ ...one })),
      shape: loggableShapes([printPersons(checked, 'mark').sql]).join(''),
    },
  });
  const row = {
    audience_id: audienceId,
    collaboration_id: collaborationId,
    display_name: displayName,
    definer: call.principal.member,
    owner: entry.actingFor,
    principal: call.principal.principal,
    plan_digest: digestOf(canonicalText(checked.rows)),
    tables: JSON.stringify(tables),
    functions: JSON.stringify(used),
    created_at_ms: kitchen.nowMs(),
    version: 0,
  };
  await kitchen.store.transaction(async (db) => {
    await db.insertInto('audiences').values(row).execute();
    await remember(db, Buffer.from(audienceId));
  });
  return audienceId;
}

/** Keeps the words of a definition and what it was accepted from, and gives the digests by which the log binds both. */
async function keepDefinition(kitchen: Kitchen, asked: AskedOfAudience, { checked, inputs }: CheckedDefinition) {
  const { db } = kitchen.store;
  const place = placeOf(asked, checked);
  const definition = await keepDetail(kitchen, db, { ...place, kind: 'definition' }, Buffer.from(inputs.sql));
  const decision = await keepDecision(kitchen, db, place, { about: 'audience', inputs, kind: 'admitted' });
  return { definition, decision };
}
