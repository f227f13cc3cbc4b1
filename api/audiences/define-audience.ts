import {
  canonicalText,
  columnsNeeded,
  functionsUsed,
  printPersons,
  tableName,
  touchedColumns,
} from '../../policies/index.ts';
import { audiences } from '../../proto/index.ts';
import { admit, assertPermitted, type CollaborationRecord } from '../collaborations/index.ts';
import { keepDecision } from '../decisions/index.ts';
import { keepDetail } from '../details/index.ts';
import { loggableShapes, loggingRefusals, MAX_READING_MS } from '../exits/index.ts';
import { functionViewsOf, readFunctionViews, tellRetired } from '../functions/index.ts';
import type { Call } from '../grpc/index.ts';
import { beginCallWork, digestOf, type Kitchen, newId, type Remember, record } from '../kitchen/index.ts';
import { type CheckedDefinition, checkDefinition } from './audience-record.ts';
import { findDraft } from './drafts.ts';
import { type AskedOfAudience, keepRefusedDefinition, placeOf } from './keep-audience-decision.ts';
import { type DefinedSql, sqlOfDefinition } from './sql-of-definition.ts';

/** For whom and where something is defined. */
export interface DefiningRequest {
  readonly collaborationId: string;
  /** Empty for the caller's own member. */
  readonly onBehalfOf: string;
}

/** Lets a caller define audiences for whom it names. @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED */
export async function admitToDefine(
  kitchen: Kitchen,
  call: Call,
  request: DefiningRequest,
): Promise<CollaborationRecord> {
  return await admit(kitchen, call, entryOf(call, request));
}

function entryOf(call: Call, { collaborationId, onBehalfOf }: DefiningRequest) {
  const actingFor = onBehalfOf === '' ? call.principal.member : onBehalfOf;
  return { action: 'define-audience' as const, collaborationId, actingFor };
}

/** What is to be defined. */
export interface Defining extends DefiningRequest {
  readonly displayName: string;
  readonly definition: audiences.Definition;
  /** Whether it is only to be sized: then one that is kept already serves. */
  readonly isDraft: boolean;
}

/** Checks and stores an audience definition with the answer to its repetition, and answers its id; touches no data. */
export async function defineAudience(
  kitchen: Kitchen,
  call: Call,
  request: Defining,
  { collaboration, remember }: { readonly collaboration: CollaborationRecord; readonly remember: Remember },
): Promise<string> {
  const entry = entryOf(call, request);
  const { displayName, definition, isDraft } = request;
  const audienceId = newId('aud');
  const { collaborationId } = request;
  const subject: Record<string, string> = { audience: audienceId };
  const refusal = { kind: 'audience-refused' as const, collaboration: collaborationId, subject };
  const asked = { call, subjectId: audienceId, collaborationId, actingFor: entry.actingFor };
  const { checked, inputs } = await loggingRefusals(kitchen, call, refusal, async () => {
    const defined = await sqlOfDefinition(kitchen, call, { collaboration, actingFor: entry.actingFor, definition });
    return await checkNew(kitchen, asked, defined, { collaboration, subject });
  });
  const used = functionsUsed(checked);
  const tables = [...new Set(checked.tables.map((t) => tableName(t.view)))];
  assertPermitted(kitchen, call, collaboration, { ...entry, tables });
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
    is_draft: isDraft ? 1 : 0,
    created_at_ms: kitchen.nowMs(),
    version: 0,
    template: call.template ?? null,
  };
  const known = isDraft ? await findDraft(kitchen, row) : undefined;
  if (known !== undefined) return known;
  const digests = await keepDefinition(kitchen, asked, { checked, inputs }, definition);
  await record(kitchen, {
    kind: 'audience-defined',
    call,
    collaboration: collaborationId,
    subject: {
      audience: audienceId,
      actingFor: entry.actingFor,
      ...digests,
      ...(isDraft ? { draft: true } : {}),
      decidingCode: { ...kitchen.code },
      tables,
      touched: touchedColumns(columnsNeeded(checked)).map((one) => ({ ...one })),
      functions: used.map((one) => ({ ...one })),
      shape: loggableShapes([printPersons(checked, 'mark').sql]).join(''),
      ...(call.template === undefined ? {} : { template: call.template }),
    },
  });
  await kitchen.store.transaction(async (db) => {
    await db.insertInto('audiences').values(row).execute();
    await remember(db, Buffer.from(audienceId));
  });
  return audienceId;
}

/** Checks SQL that is not kept yet; what it is refused from is kept, and bound by the entry of its refusal. */
async function checkNew(
  kitchen: Kitchen,
  asked: AskedOfAudience,
  defined: DefinedSql,
  of: { readonly collaboration: CollaborationRecord; readonly subject: Record<string, string> },
): Promise<CheckedDefinition> {
  const { call, collaborationId } = asked;
  const work = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  const functions =
    defined.functions === undefined
      ? await readFunctionViews(kitchen, call, asked)
      : await functionViewsOf(kitchen, collaborationId, defined.functions);
  const definition = {
    sql: defined.sql,
    functions,
    told: (violations: Parameters<typeof tellRetired>[2]['violations']) =>
      tellRetired(kitchen, call, { use: asked, violations }),
    onRefused: async (refusedFrom: CheckedDefinition['inputs']) => {
      const digest = await keepRefusedDefinition(kitchen, asked, refusedFrom);
      if (digest !== null) of.subject.decision = digest;
    },
  };
  return await checkDefinition(kitchen, of.collaboration, definition, work);
}

/** Keeps the words of a definition and what it was accepted from, and gives the digests by which the log binds them. */
async function keepDefinition(
  kitchen: Kitchen,
  asked: AskedOfAudience,
  { checked, inputs }: CheckedDefinition,
  source: audiences.Definition,
) {
  const { db } = kitchen.store;
  const place = placeOf(asked, checked);
  const keep = (kind: 'definition' | 'source', text: string) =>
    keepDetail(kitchen, db, { ...place, kind }, Buffer.from(text));
  const definition = await keep('definition', inputs.sql);
  const made =
    source.source?.$case === 'sql'
      ? {}
      : { source: await keep('source', JSON.stringify(audiences.Definition.toJSON(source))) };
  const decision = await keepDecision(kitchen, db, place, { about: 'audience', inputs, kind: 'admitted' });
  return { definition, ...made, decision };
}
