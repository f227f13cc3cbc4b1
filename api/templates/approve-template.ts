import type { templates } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { inTurn } from '../datasets/index.ts';
import type { Call } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { findTemplate, type TemplateRecord } from './template-record.ts';

/**
 * Approves a template for the caller's member, by its digest: from then on whoever holds a grant of the member runs it
 * with values of its choice, and nothing of it but the values can change.
 */
export async function approveTemplate(
  kitchen: Kitchen,
  call: Call,
  { collaborationId, digest }: templates.ApproveTemplateRequest,
): Promise<TemplateRecord> {
  const collaboration = await admit(kitchen, call, { action: 'approve-template', collaborationId });
  const { member, principal } = call.principal;
  await inTurn(`templates ${collaborationId}`, async () => {
    const template = await findTemplate(kitchen, call, collaboration, digest);
    if (template.approvedBy.includes(member)) return;
    const subject = { template: digest, ready: template.isReady };
    await record(kitchen, { kind: 'template-approved', call, collaboration: collaborationId, subject });
    const row = { collaboration_id: collaborationId, digest, member, principal };
    await kitchen.store.db
      .insertInto('template_approvals')
      .values({ ...row, approved_at_ms: kitchen.nowMs() })
      .execute();
  });
  return await findTemplate(kitchen, call, collaboration, digest);
}

/** Takes an approval back: what was run stays, nothing more is run by it. */
export async function withdrawApproval(
  kitchen: Kitchen,
  call: Call,
  { collaborationId, digest }: templates.WithdrawTemplateApprovalRequest,
): Promise<TemplateRecord> {
  const collaboration = await admit(kitchen, call, { action: 'withdraw-template-approval', collaborationId });
  const { member } = call.principal;
  await inTurn(`templates ${collaborationId}`, async () => {
    const template = await findTemplate(kitchen, call, collaboration, digest);
    if (!template.approvedBy.includes(member)) return;
    const subject = { template: digest };
    await record(kitchen, { kind: 'template-approval-withdrawn', call, collaboration: collaborationId, subject });
    await kitchen.store.db
      .deleteFrom('template_approvals')
      .where('collaboration_id', '=', collaborationId)
      .where('digest', '=', digest)
      .where('member', '=', member)
      .execute();
  });
  return await findTemplate(kitchen, call, collaboration, digest);
}
