import { canonicalText, functionsUsed, printPersons, tableName } from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { admit, assertPermitted, type CollaborationRecord } from '../collaborations/index.ts';
import { loggingRefusals, MAX_READING_MS } from '../exits/index.ts';
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
import { checkDefinition } from './audience-record.ts';

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
  const refusal = {
    kind: 'audience-refused' as const,
    collaboration: request.collaborationId,
    subject: { audience: audienceId },
  };
  const work = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  const functions = await readFunctionViews(kitchen, call, entry);
  const checked = await loggingRefusals(kitchen, call, refusal, () =>
    checkDefinition(
      kitchen,
      collaboration,
      {
        sql: request.sql,
        functions,
        told: (violations) => tellRetired(kitchen, call, { use: entry, violations }),
      },
      work,
    ),
  );
  const used = functionsUsed(checked);
  const tables = [...new Set(checked.tables.map((t) => tableName(t.view)))];
  assertPermitted(kitchen, call, collaboration, { ...entry, tables });
  await record(kitchen, {
    kind: 'audience-defined',
    call,
    collaboration: request.collaborationId,
    subject: {
      audience: audienceId,
      actingFor: entry.actingFor,
      tables,
      functions: used.map((one) => ({ ...one })),
      shape: printPersons(checked, 'mark').sql,
    },
  });
  const row = {
    audience_id: audienceId,
    collaboration_id: request.collaborationId,
    display_name: displayName,
    definer: call.principal.member,
    owner: entry.actingFor,
    principal: call.principal.principal,
    sql_sealed: kitchen.vault.sealBytes({ label: 'audience-sql', id: audienceId }, Buffer.from(request.sql)),
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
