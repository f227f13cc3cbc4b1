import type { Selectable } from 'kysely';
import { factsOf, readCollaboration } from '../collaborations/index.ts';
import { accessRefused, type Call, notFound } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';
import { type AuditGrantRow, auditGrantFacts, grantsFor } from './audit-grants.ts';
import { awaitIndex } from './await-index.ts';
import type { EntryIndex, EntryQuery, VisiblePart } from './entry-index/index.ts';

/** What a caller may see of the log, and the grants that it sees it by. */
export interface LogScope {
  readonly visible: EntryQuery['visible'];
  readonly grants: readonly string[];
}

const WHOLE = { fromIndex: 0, untilIndex: Number.POSITIVE_INFINITY } as const;

/**
 * Finds what a caller may read: of one collaboration, or of all that it may read at all.
 *
 * What lies outside is not skipped after it was found but never looked for, so that no count, page or place speaks of it.
 *
 * @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED for a collaboration that is named and refused
 */
export async function readScope(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  collaborationId: string,
): Promise<LogScope> {
  if (collaborationId !== '') {
    const scope = await scopeIn(kitchen, index, call, collaborationId);
    if (scope === undefined) throw notFound('collaboration');
    if ('isVisible' in scope) throw accessRefused({ thing: 'collaboration', id: collaborationId, ...scope });
    return scope;
  }
  const { role, scopes } = call.principal;
  if (role === 'auditor' && scopes.collaborations === 'all') return { visible: 'all', grants: [] };
  const parts: VisiblePart[] = [];
  const grants: string[] = [];
  for (const id of await candidates(kitchen, call)) {
    const scope = await scopeIn(kitchen, index, call, id);
    if (scope === undefined || 'isVisible' in scope || scope.visible === 'all') continue;
    parts.push(...scope.visible);
    grants.push(...scope.grants);
  }
  return { visible: parts, grants };
}

async function scopeIn(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  collaborationId: string,
): Promise<LogScope | { readonly isVisible: boolean } | undefined> {
  const record = await readCollaboration(kitchen, collaborationId);
  if (record === undefined) return undefined;
  const decide = (grant?: AuditGrantRow) =>
    kitchen.authorizer.authorize({
      principal: call.principal,
      nowMs: kitchen.nowMs(),
      action: 'read-log',
      collaboration: factsOf(record),
      ...(grant === undefined ? {} : { auditGrant: auditGrantFacts(grant) }),
    });
  const decision = decide();
  if (decision.allowed) return { visible: [{ collaboration: collaborationId, ...WHOLE }], grants: [] };
  const granted = (await grantsFor(kitchen, call, collaborationId)).filter((grant) => decide(grant).allowed);
  if (granted.length === 0) return { isVisible: decision.isVisible };
  // A window is of time; the places of the log are in order of time.
  await awaitIndex(index, kitchen.log.treeSize, call);
  return {
    visible: granted.map((grant) => ({ collaboration: collaborationId, ...windowOf(index, grant) })),
    grants: granted.map((grant) => grant.grant_id),
  };
}

/** The places of the log that a grant opens. */
export function windowOf(index: EntryIndex, grant: Selectable<Tables['audit_grants']>) {
  return {
    fromIndex: grant.from_ms === null ? WHOLE.fromIndex : index.firstAt(grant.from_ms),
    untilIndex: grant.until_ms === null ? WHOLE.untilIndex : index.firstAt(grant.until_ms),
  };
}

/** Where a decision may be in favour of the caller: it is made for each of them, and for no other. */
async function candidates(kitchen: Kitchen, call: Call): Promise<readonly string[]> {
  const { member, scopes } = call.principal;
  const memberships = await kitchen.store.db
    .selectFrom('collaboration_members')
    .select(['collaboration_id', 'abilities'])
    .where('member', '=', member)
    .where('accepted_at_ms', 'is not', null)
    .execute();
  const own = memberships.filter((one) => one.abilities.includes('"audit"')).map((one) => one.collaboration_id);
  const named = scopes.collaborations === 'all' ? [] : scopes.collaborations;
  const granted = (await grantsFor(kitchen, call)).map((grant) => grant.collaboration_id);
  return [...new Set([...own, ...named, ...granted])];
}
