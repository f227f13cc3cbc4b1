import { collaborations } from '../../proto/index.ts';
import { type Call, type HandlerWrappers, notFound } from '../grpc/index.ts';
import { type Kitchen, once, readPage, record } from '../kitchen/index.ts';
import { admit } from './admit.ts';
import { bindDataset, setRules } from './bind-dataset.ts';
import { readCollaboration } from './collaboration-record.ts';
import { createCollaboration } from './create-collaboration.ts';
import { createGrant, revokeGrant } from './grants.ts';
import { readBudget } from './read-budget.ts';
import { bindingMessage, collaborationMessage, grantMessage } from './to-message.ts';

/** The handlers of galley.v1.CollaborationService. */
export function makeCollaborationService(
  kitchen: Kitchen,
  { unary }: HandlerWrappers,
): collaborations.CollaborationServiceServer {
  return {
    createCollaboration: unary('create-collaboration', (request, call) => create(kitchen, call, request)),
    getCollaboration: unary('read-collaboration', async ({ collaborationId }, call) => {
      const found = await admit(kitchen, call, { action: 'read-collaboration', collaborationId });
      return { collaboration: collaborationMessage(found, call.principal.member) };
    }),
    listCollaborations: unary('read-collaboration', (request, call) => list(kitchen, call, request)),
    acceptInvitation: unary('accept-invitation', ({ collaborationId }, call) => accept(kitchen, call, collaborationId)),
    bindDataset: unary('bind-dataset', async (request, call) => ({
      binding: bindingMessage(await bindDataset(kitchen, call, request)),
    })),
    setRules: unary('set-rules', async (request, call) => ({
      binding: bindingMessage(await setRules(kitchen, call, request)),
    })),
    createGrant: unary('create-grant', async (request, call) => ({
      grant: grantMessage(await createGrant(kitchen, call, request)),
    })),
    revokeGrant: unary('revoke-grant', async (request, call) => ({
      grant: grantMessage(await revokeGrant(kitchen, call, request)),
    })),
    getBudget: unary('read-budget', async ({ collaborationId }, call) => {
      const found = await admit(kitchen, call, { action: 'read-budget', collaborationId });
      const { member, role } = call.principal;
      // An ISV is charged beside each brand it acts for, so that it needs to see those accounts too.
      const grantors = role === 'isv' ? found.grants.filter((g) => g.grantee === member).map((g) => g.grantor) : [];
      return { accounts: [...(await readBudget(kitchen, found, [member, ...grantors]))] };
    }),
  };
}

async function create(
  kitchen: Kitchen,
  call: Call,
  request: collaborations.CreateCollaborationRequest,
): Promise<collaborations.CreateCollaborationResponse> {
  const repeatable = {
    member: call.principal.member,
    rpc: 'CreateCollaboration',
    requestId: request.requestId,
    request: collaborations.CreateCollaborationRequest.encode(request).finish(),
  };
  const id = await once(kitchen, repeatable, async () =>
    Buffer.from(await createCollaboration(kitchen, call, request)),
  );
  const found = await readCollaboration(kitchen, Buffer.from(id).toString());
  if (found === undefined) throw notFound('collaboration');
  return { collaboration: collaborationMessage(found, call.principal.member) };
}

async function list(
  kitchen: Kitchen,
  call: Call,
  request: collaborations.ListCollaborationsRequest,
): Promise<collaborations.ListCollaborationsResponse> {
  const { member } = call.principal;
  const page = readPage(request);
  const ids = await kitchen.store.db
    .selectFrom('collaborations')
    .select('collaboration_id')
    .where((where) =>
      where.or([
        where(
          'collaboration_id',
          'in',
          where.selectFrom('collaboration_members').select('collaboration_id').where('member', '=', member),
        ),
        where(
          'collaboration_id',
          'in',
          where.selectFrom('grants').select('collaboration_id').where('grantee', '=', member),
        ),
      ]),
    )
    .orderBy('created_at_ms')
    .limit(page.size)
    .offset(page.offset)
    .execute();
  const seen: collaborations.Collaboration[] = [];
  for (const { collaboration_id: collaborationId } of ids) {
    // The list shows what GetCollaboration would: an ended grant, for one, opens nothing any more.
    const found = await admit(kitchen, call, { action: 'read-collaboration', collaborationId }).catch(() => null);
    if (found !== null) seen.push(collaborationMessage(found, member));
  }
  return { collaborations: seen, nextPageToken: page.next(ids.length) };
}

async function accept(
  kitchen: Kitchen,
  call: Call,
  collaborationId: string,
): Promise<collaborations.AcceptInvitationResponse> {
  const { member } = call.principal;
  const found = await admit(kitchen, call, { action: 'accept-invitation', collaborationId });
  const isOpen = found.members.some((m) => m.member === member && m.accepted_at_ms === null);
  if (isOpen) {
    await record(kitchen, { kind: 'member-accepted', call, collaboration: collaborationId, subject: { member } });
    await kitchen.store.db
      .updateTable('collaboration_members')
      .set({ accepted_at_ms: kitchen.nowMs() })
      .where('collaboration_id', '=', collaborationId)
      .where('member', '=', member)
      .execute();
  }
  const after = await readCollaboration(kitchen, collaborationId);
  return { collaboration: after && collaborationMessage(after, member) };
}
