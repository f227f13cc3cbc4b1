import type { collaborations } from '../../proto/index.ts';
import { memberPattern } from '../auth/index.ts';
import { accessRefused, type Call, notFound, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, record } from '../kitchen/index.ts';
import { type CollaborationRecord, factsOf, readCollaboration } from './collaboration-record.ts';
import { readAbilities } from './to-message.ts';

/** Longest life of a grant: a year and a day, then the brand decides anew. */
const MAX_GRANT_DAYS = 366;
const DAY_MS = 86_400_000;

type Grant = CollaborationRecord['grants'][number];

/** Grants an ISV the right to act for the caller's member. */
export async function createGrant(
  kitchen: Kitchen,
  call: Call,
  request: collaborations.CreateGrantRequest,
): Promise<Grant> {
  const collaboration = await readCollaboration(kitchen, request.collaborationId);
  if (collaboration === undefined) throw notFound('collaboration');
  const granted = readAbilities(request.abilities, 'abilities');
  const decision = kitchen.authorizer.authorize({
    principal: call.principal,
    nowMs: kitchen.nowMs(),
    action: 'create-grant',
    collaboration: factsOf(collaboration),
    granted,
  });
  if (!decision.allowed) {
    throw accessRefused({ thing: 'collaboration', id: request.collaborationId, isVisible: decision.isVisible });
  }
  const grant = {
    grant_id: newId('grant'),
    collaboration_id: request.collaborationId,
    grantor: call.principal.member,
    grantee: readGrantee(request.grantee, call.principal.member),
    abilities: JSON.stringify(granted),
    tables: JSON.stringify(readTables(request.tables)),
    created_at_ms: kitchen.nowMs(),
    expires_at_ms: readExpiry(request.expiresAt, kitchen.nowMs()),
    revoked_at_ms: null,
  };
  if (granted.length === 0) throw new ServiceError('INVALID_REQUEST', '`abilities` names none');
  await record(kitchen, {
    kind: 'grant-made',
    call,
    collaboration: request.collaborationId,
    subject: {
      grant: grant.grant_id,
      grantee: grant.grantee,
      abilities: [...granted],
      tables: request.tables,
      expiresAt: new Date(grant.expires_at_ms).toISOString(),
    },
  });
  await kitchen.store.db.insertInto('grants').values(grant).execute();
  return grant;
}

function readGrantee(grantee: string, grantor: string): string {
  if (memberPattern.test(grantee) && grantee !== grantor) return grantee;
  throw new ServiceError('INVALID_REQUEST', '`grantee` is not the name of another member');
}

function readTables(tables: readonly string[]): readonly string[] {
  const isName = (t: string): boolean => /^[a-z][a-z0-9-]{1,62}\.[a-z][a-z0-9_]{0,62}$/.test(t);
  if (tables.length > 0 && tables.every(isName)) return [...new Set(tables)];
  throw new ServiceError('INVALID_REQUEST', '`tables` must name at least one table as `member.alias`');
}

function readExpiry(expiresAt: Date | undefined, nowMs: number): number {
  const ms = expiresAt?.getTime() ?? Number.NaN;
  if (ms > nowMs && ms <= nowMs + MAX_GRANT_DAYS * DAY_MS) return ms;
  throw new ServiceError('INVALID_REQUEST', `\`expires_at\` must lie within the next ${MAX_GRANT_DAYS} days`);
}

/** Ends a grant at once; a second time changes nothing. */
export async function revokeGrant(
  kitchen: Kitchen,
  call: Call,
  request: collaborations.RevokeGrantRequest,
): Promise<Grant> {
  const collaboration = await readCollaboration(kitchen, request.collaborationId);
  if (collaboration === undefined) throw notFound('collaboration');
  const grant = collaboration.grants.find((g) => g.grant_id === request.grantId);
  const decision = kitchen.authorizer.authorize({
    principal: call.principal,
    nowMs: kitchen.nowMs(),
    action: 'revoke-grant',
    collaboration: factsOf(collaboration),
    owner: grant?.grantor ?? '',
  });
  if (!decision.allowed && !decision.isVisible) {
    throw accessRefused({ thing: 'collaboration', id: request.collaborationId, isVisible: false });
  }
  if (!decision.allowed || grant === undefined) throw notFound('grant');
  if (grant.revoked_at_ms !== null) return grant;
  const revoked = { ...grant, revoked_at_ms: kitchen.nowMs() };
  await record(kitchen, {
    kind: 'grant-revoked',
    call,
    collaboration: request.collaborationId,
    subject: { grant: grant.grant_id, grantee: grant.grantee },
  });
  await kitchen.store.db
    .updateTable('grants')
    .set({ revoked_at_ms: revoked.revoked_at_ms })
    .where('grant_id', '=', grant.grant_id)
    .execute();
  return revoked;
}
