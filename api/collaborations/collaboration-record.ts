import { CompiledQuery, type Selectable } from 'kysely';
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

type Columns<Table extends keyof Tables> = Readonly<Record<keyof Tables[Table], true>>;

const MEMBER_COLUMNS: Columns<'collaboration_members'> = {
  collaboration_id: true,
  member: true,
  abilities: true,
  invited_at_ms: true,
  accepted_at_ms: true,
};
const BINDING_COLUMNS: Columns<'bindings'> = {
  collaboration_id: true,
  owner: true,
  alias: true,
  dataset_id: true,
  rules_json: true,
  rules_digest: true,
  rules_version: true,
  bound_at_ms: true,
};
const GRANT_COLUMNS: Columns<'grants'> = {
  grant_id: true,
  collaboration_id: true,
  grantor: true,
  grantee: true,
  abilities: true,
  tables: true,
  created_at_ms: true,
  expires_at_ms: true,
  revoked_at_ms: true,
};

// One statement, which is written once: every call reads a collaboration, and a question does so four times.
const RECORD_SQL = `select c.*,
  ${listOf('collaboration_members', MEMBER_COLUMNS, 'member')} as members,
  ${listOf('bindings', BINDING_COLUMNS, 'bound_at_ms')} as bindings,
  ${listOf('grants', GRANT_COLUMNS, 'created_at_ms')} as grants
from collaborations c where c.collaboration_id = ?`;

function listOf(table: string, columns: Readonly<Record<string, true>>, order: string): string {
  const fields = Object.keys(columns).map((column) => `'${column}', "${column}"`);
  const rows = `json_group_array(json_object(${fields.join(', ')}) order by "${order}", rowid)`;
  return `(select ${rows} from "${table}" where "collaboration_id" = c."collaboration_id")`;
}

type ListNames = 'members' | 'bindings' | 'grants';
type StoredRecord = CollaborationRecord['row'] & Readonly<Record<ListNames, string>>;

/** Reads a collaboration; undefined when there is none of that name. */
export async function readCollaboration(kitchen: Kitchen, id: string): Promise<CollaborationRecord | undefined> {
  const { rows } = await kitchen.store.db.executeQuery<StoredRecord>(CompiledQuery.raw(RECORD_SQL, [id]));
  const [found] = rows;
  if (found === undefined) return undefined;
  const { members, bindings, grants, ...row } = found;
  return {
    row,
    members: JSON.parse(members) as CollaborationRecord['members'],
    bindings: JSON.parse(bindings) as CollaborationRecord['bindings'],
    grants: JSON.parse(grants) as CollaborationRecord['grants'],
  };
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
