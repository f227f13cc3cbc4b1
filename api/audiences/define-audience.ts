import { canonicalText, printPersons, tableName } from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { admit, assertPermitted } from '../collaborations/index.ts';
import { loggingRefusals } from '../exits/index.ts';
import type { Call } from '../grpc/index.ts';
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
  const audienceId = newId('aud');
  const refusal = {
    kind: 'audience-refused' as const,
    collaboration: request.collaborationId,
    subject: { audience: audienceId },
  };
  const checked = await loggingRefusals(kitchen, call, refusal, () =>
    checkDefinition(kitchen, collaboration, request.sql),
  );
  const tables = [...new Set(checked.tables.map((t) => tableName(t.view)))];
  assertPermitted(kitchen, call, collaboration, { ...entry, tables });
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
      created_at_ms: kitchen.nowMs(),
      version: 0,
    })
    .execute();
  return audienceId;
}
