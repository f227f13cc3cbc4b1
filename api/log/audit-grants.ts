import type { Selectable } from 'kysely';
import type { audit } from '../../proto/index.ts';
import { memberPattern } from '../auth/index.ts';
import type { AuditGrantFacts } from '../authorize/index.ts';
import { type CollaborationRecord, factsOf, readCollaboration } from '../collaborations/index.ts';
import { accessRefused, type Call, notFound, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, record } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';

/** Longest life of a grant: a year and a day, then whoever gave it decides anew. */
const MAX_AUDIT_GRANT_DAYS = 366;
const DAY_MS = 86_400_000;

/**
 * Most grants of one member to one auditor's house that stand at a time. All that stand are tried at each call, and none may
 * be left out: a member could else hide a part of the log behind many narrow grants to the same auditor.
 */
const MAX_STANDING_GRANTS_COUNT = 20;

/** The name of an auditor as a token may say it: it goes to the log. */
const PRINCIPAL_FORM = /^[\x21-\x7e]{1,255}$/;

/** A grant as it is stored. */
export type AuditGrantRow = Selectable<Tables['audit_grants']>;

/** Lets an auditor read a part of a collaboration's entries for a time. */
export async function grantAudit(
  kitchen: Kitchen,
  call: Call,
  request: audit.GrantAuditRequest,
): Promise<audit.GrantAuditResponse> {
  const collaboration = await readCollaboration(kitchen, request.collaborationId);
  if (collaboration === undefined) throw notFound('collaboration');
  assertMay(kitchen, call, { action: 'grant-audit', collaboration, owner: collaboration.row.creator });
  const grant: AuditGrantRow = {
    grant_id: newId('audit-grant'),
    collaboration_id: request.collaborationId,
    grantor: call.principal.member,
    auditor_member: readMember(request.auditorMember),
    auditor_principal: readPrincipal(request.auditorPrincipal),
    ...readWindow(request),
    decisions: request.decisions ? 1 : 0,
    created_at_ms: kitchen.nowMs(),
    expires_at_ms: readExpiry(request.expiresAt, kitchen.nowMs()),
    revoked_at_ms: null,
  };
  await assertFewStanding(kitchen, grant);
  await record(kitchen, {
    kind: 'audit-granted',
    call,
    collaboration: grant.collaboration_id,
    subject: {
      grant: grant.grant_id,
      auditorMember: grant.auditor_member,
      ...(grant.auditor_principal === null ? {} : { auditorPrincipal: grant.auditor_principal }),
      ...(grant.from_ms === null ? {} : { from: timeText(grant.from_ms) }),
      ...(grant.until_ms === null ? {} : { until: timeText(grant.until_ms) }),
      decisions: request.decisions,
      expiresAt: timeText(grant.expires_at_ms),
    },
  });
  await kitchen.store.db.insertInto('audit_grants').values(grant).execute();
  return { grant: messageOf(grant) };
}

/** Ends a grant at once; a second time changes nothing. */
export async function revokeAuditGrant(
  kitchen: Kitchen,
  call: Call,
  { grantId }: audit.RevokeAuditGrantRequest,
): Promise<audit.RevokeAuditGrantResponse> {
  const { db } = kitchen.store;
  const grant = await db.selectFrom('audit_grants').selectAll().where('grant_id', '=', grantId).executeTakeFirst();
  const collaboration = grant && (await readCollaboration(kitchen, grant.collaboration_id));
  if (grant === undefined || collaboration === undefined) throw notFound('grant');
  const owner = grant.grantor;
  const decision = decide(kitchen, call, { action: 'revoke-audit-grant', collaboration, owner });
  if (!decision.allowed) throw accessRefused({ thing: 'grant', id: grantId, isVisible: decision.isVisible });
  if (grant.revoked_at_ms !== null) return { grant: messageOf(grant) };
  const revoked = { ...grant, revoked_at_ms: kitchen.nowMs() };
  // The other way round than a grant: were the log full or failing, the right must end all the same.
  await db
    .updateTable('audit_grants')
    .set({ revoked_at_ms: revoked.revoked_at_ms })
    .where('grant_id', '=', grantId)
    .where('revoked_at_ms', 'is', null)
    .execute();
  const subject = { grant: grantId, auditorMember: grant.auditor_member };
  await record(kitchen, { kind: 'audit-grant-revoked', call, collaboration: grant.collaboration_id, subject });
  return { grant: messageOf(revoked) };
}

/** Lists the grants of a collaboration, newest first, ended ones included. */
export async function listAuditGrants(
  kitchen: Kitchen,
  call: Call,
  { collaborationId }: audit.ListAuditGrantsRequest,
): Promise<audit.ListAuditGrantsResponse> {
  const collaboration = await readCollaboration(kitchen, collaborationId);
  if (collaboration === undefined) throw notFound('collaboration');
  assertMay(kitchen, call, { action: 'list-audit-grants', collaboration });
  const rows = await kitchen.store.db
    .selectFrom('audit_grants')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .orderBy('created_at_ms', 'desc')
    .orderBy('grant_id')
    .execute();
  return { grants: rows.map(messageOf) };
}

/** The grants that might cover a caller, one collaboration's or all; whether they stand, the policies say. */
export async function grantsFor(
  kitchen: Kitchen,
  { principal }: Pick<Call, 'principal'>,
  collaborationId?: string,
): Promise<readonly AuditGrantRow[]> {
  if (principal.role !== 'auditor') return [];
  const own = kitchen.store.db
    .selectFrom('audit_grants')
    .selectAll()
    .where('auditor_member', '=', principal.member)
    .where('revoked_at_ms', 'is', null)
    .where('expires_at_ms', '>', kitchen.nowMs())
    .orderBy('created_at_ms', 'desc');
  return await (collaborationId === undefined ? own : own.where('collaboration_id', '=', collaborationId)).execute();
}

/** A grant as a decision sees it. */
export function auditGrantFacts(row: AuditGrantRow): AuditGrantFacts {
  return {
    collaborationId: row.collaboration_id,
    grantor: row.grantor,
    auditorMember: row.auditor_member,
    ...(row.auditor_principal === null ? {} : { auditorPrincipal: row.auditor_principal }),
    decisions: row.decisions === 1,
    expiresAtMs: row.expires_at_ms,
    isRevoked: row.revoked_at_ms !== null,
  };
}

type Asked =
  | { action: 'grant-audit' | 'revoke-audit-grant'; collaboration: CollaborationRecord; owner: string }
  | { action: 'list-audit-grants'; collaboration: CollaborationRecord };

function decide(kitchen: Kitchen, { principal }: Call, asked: Asked) {
  const collaboration = factsOf(asked.collaboration);
  return kitchen.authorizer.authorize({ ...asked, principal, nowMs: kitchen.nowMs(), collaboration });
}

function assertMay(kitchen: Kitchen, call: Call, asked: Asked): void {
  const decision = decide(kitchen, call, asked);
  if (decision.allowed) return;
  const id = asked.collaboration.row.collaboration_id;
  throw accessRefused({ thing: 'collaboration', id, isVisible: decision.isVisible });
}

async function assertFewStanding(kitchen: Kitchen, grant: AuditGrantRow): Promise<void> {
  const standing = await kitchen.store.db
    .selectFrom('audit_grants')
    .select('grant_id')
    .where('collaboration_id', '=', grant.collaboration_id)
    .where('grantor', '=', grant.grantor)
    .where('auditor_member', '=', grant.auditor_member)
    .where('revoked_at_ms', 'is', null)
    .where('expires_at_ms', '>', grant.created_at_ms)
    .execute();
  if (standing.length < MAX_STANDING_GRANTS_COUNT) return;
  const message = `${MAX_STANDING_GRANTS_COUNT} of your grants to \`${grant.auditor_member}\` stand; revoke one first`;
  throw new ServiceError('INVALID_REQUEST', message);
}

function readMember(member: string): string {
  if (memberPattern.test(member)) return member;
  throw new ServiceError('INVALID_REQUEST', '`auditor_member` is not the name of a member');
}

function readPrincipal(principal: string): string | null {
  if (principal === '') return null;
  if (PRINCIPAL_FORM.test(principal)) return principal;
  throw new ServiceError('INVALID_REQUEST', '`auditor_principal` is not a name that a token can have');
}

function readWindow({ from, until }: audit.GrantAuditRequest): Pick<AuditGrantRow, 'from_ms' | 'until_ms'> {
  const window = { from_ms: from?.getTime() ?? null, until_ms: until?.getTime() ?? null };
  if (window.from_ms === null || window.until_ms === null || window.from_ms < window.until_ms) return window;
  throw new ServiceError('INVALID_REQUEST', '`until` must lie after `from`');
}

function readExpiry(expiresAt: Date | undefined, nowMs: number): number {
  const ms = expiresAt?.getTime() ?? Number.NaN;
  if (ms > nowMs && ms <= nowMs + MAX_AUDIT_GRANT_DAYS * DAY_MS) return ms;
  throw new ServiceError('INVALID_REQUEST', `\`expires_at\` must lie within the next ${MAX_AUDIT_GRANT_DAYS} days`);
}

function messageOf(row: AuditGrantRow): audit.AuditGrant {
  const time = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(ms));
  return {
    grantId: row.grant_id,
    collaborationId: row.collaboration_id,
    grantor: row.grantor,
    auditorMember: row.auditor_member,
    auditorPrincipal: row.auditor_principal ?? '',
    from: time(row.from_ms),
    until: time(row.until_ms),
    decisions: row.decisions === 1,
    expiresAt: time(row.expires_at_ms),
    revokedAt: time(row.revoked_at_ms),
  };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
