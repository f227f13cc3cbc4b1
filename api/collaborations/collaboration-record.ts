import type { Selectable } from 'kysely';
import type { Rules } from '../../policies/index.ts';
import type { Ability, CollaborationFacts, GrantFacts } from '../authorize/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';

/** A collaboration with everything that hangs on it. */
export interface CollaborationRecord {
  readonly row: Selectable<Tables['collaborations']>;
  readonly members: readonly Selectable<Tables['collaboration_members']>[];
  readonly bindings: readonly Selectable<Tables['bindings']>[];
  readonly grants: readonly Selectable<Tables['grants']>[];
}

/** Reads a collaboration; undefined when there is none of that name. */
export async function readCollaboration(kitchen: Kitchen, id: string): Promise<CollaborationRecord | undefined> {
  const { db } = kitchen.store;
  const row = await db.selectFrom('collaborations').selectAll().where('collaboration_id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const [members, bindings, grants] = await Promise.all([
    db.selectFrom('collaboration_members').selectAll().where('collaboration_id', '=', id).orderBy('member').execute(),
    db.selectFrom('bindings').selectAll().where('collaboration_id', '=', id).orderBy('bound_at_ms').execute(),
    db.selectFrom('grants').selectAll().where('collaboration_id', '=', id).orderBy('created_at_ms').execute(),
  ]);
  return { row, members, bindings, grants };
}

/** The abilities a stored list names. */
export function abilitiesOf(list: string): readonly Ability[] {
  return JSON.parse(list) as Ability[];
}

/** The rules of a binding. A document stored before there were public tables says nothing of them: it has persons. */
export function rulesOf(binding: { readonly rules_json: string }): Rules {
  const stored = JSON.parse(binding.rules_json) as Omit<Rules, 'publicTable'> & Partial<Rules>;
  return { ...stored, publicTable: stored.publicTable ?? null };
}

/** A collaboration as authorization sees it. */
export function factsOf(record: CollaborationRecord): CollaborationFacts {
  return {
    collaborationId: record.row.collaboration_id,
    members: record.members.map((m) => ({
      member: m.member,
      abilities: abilitiesOf(m.abilities),
      hasAccepted: m.accepted_at_ms !== null,
    })),
    isSuspended: record.row.suspended_at_ms !== null,
  };
}

/** The grants that one ISV holds, as authorization sees them. */
export function grantFactsOf(record: CollaborationRecord, grantee: string): readonly GrantFacts[] {
  return record.grants
    .filter((g) => g.grantee === grantee)
    .map((g) => ({
      collaborationId: g.collaboration_id,
      grantor: g.grantor,
      grantee: g.grantee,
      abilities: abilitiesOf(g.abilities),
      tables: JSON.parse(g.tables) as string[],
      expiresAtMs: g.expires_at_ms,
      isRevoked: g.revoked_at_ms !== null,
    }));
}
