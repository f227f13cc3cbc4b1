import { canonicalText, printPersons, tableName } from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { admit, assertPermitted } from '../collaborations/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { digestOf, type Kitchen, newId, readDisplayName, record } from '../kitchen/index.ts';
import { checkDefinition } from './audience-record.ts';

/** Checks and stores an audience definition and answers its id; touches no data. */
export async function defineAudience(
  kitchen: Kitchen,
  call: Call,
  request: audiences.DefineAudienceRequest,
): Promise<string> {
  const owner = request.onBehalfOf === '' ? call.principal.member : request.onBehalfOf;
  const entry = { action: 'define-audience' as const, collaborationId: request.collaborationId, actingFor: owner };
  const collaboration = await admit(kitchen, call, entry);
  const displayName = readDisplayName(request.displayName);
  const checked = await checkDefinition(kitchen, collaboration, request.sql).catch(async (cause: unknown) => {
    if (cause instanceof ServiceError && cause.code === 'AUDIENCE_REFUSED') {
      const places = cause.details.violations?.map(({ rule, owner: ruleOwner, span }) => ({
        rule,
        owner: ruleOwner,
        line: span?.line ?? 0,
        column: span?.column ?? 0,
      }));
      const subject = { violations: places ?? [] };
      await record(kitchen, { kind: 'audience-refused', call, collaboration: request.collaborationId, subject });
    }
    throw cause;
  });
  const tables = [...new Set(checked.tables.map((t) => tableName(t.view)))];
  assertPermitted(kitchen, call, collaboration, { ...entry, tables });
  const audienceId = newId('aud');
  await record(kitchen, {
    kind: 'audience-defined',
    call,
    collaboration: request.collaborationId,
    subject: { audience: audienceId, actingFor: owner, tables, shape: printPersons(checked, 'mark') },
  });
  await kitchen.store.db
    .insertInto('audiences')
    .values({
      audience_id: audienceId,
      collaboration_id: request.collaborationId,
      display_name: displayName,
      definer: call.principal.member,
      owner,
      principal: call.principal.principal,
      sql_sealed: kitchen.vault.sealBytes({ label: 'audience-sql', id: audienceId }, Buffer.from(request.sql)),
      plan_digest: digestOf(canonicalText({ tables, where: checked.where })),
      tables: JSON.stringify(tables),
      request_id: request.requestId === '' ? audienceId : request.requestId,
      created_at_ms: kitchen.nowMs(),
      version: 0,
    })
    .execute();
  return audienceId;
}
