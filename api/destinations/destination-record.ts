import type { Selectable } from 'kysely';
import type { DestinationFacts, IdentifierKind } from '../../policies/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database, Tables } from '../store/index.ts';

const DAY_MS = 86_400_000;

/** A destination as stored. */
export type DestinationRow = Selectable<Tables['destinations']>;
/** An approval of terms, as stored. */
export type ApprovalRow = Selectable<Tables['destination_approvals']>;

/** Reads a destination; undefined when there is none of that name. */
export async function readDestination(
  kitchen: Kitchen,
  collaborationId: string,
  destinationId: string,
): Promise<DestinationRow | undefined> {
  return await kitchen.store.db
    .selectFrom('destinations')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .where('destination_id', '=', destinationId)
    .executeTakeFirst();
}

/** Approvals of the terms in force: one of other terms is none. */
export async function readApprovals(db: Database, row: DestinationRow): Promise<readonly ApprovalRow[]> {
  return await db
    .selectFrom('destination_approvals')
    .selectAll()
    .where('collaboration_id', '=', row.collaboration_id)
    .where('destination_id', '=', row.destination_id)
    .where('terms_digest', '=', row.terms_digest)
    .orderBy('approved_at_ms')
    .orderBy('member')
    .execute();
}

/** A destination as it is named to others. */
export function destinationFacts(row: DestinationRow): Pick<DestinationFacts, 'destination' | 'owner' | 'identifier'> {
  return { destination: row.destination_id, owner: row.owner, identifier: row.identifier as IdentifierKind };
}

/** A destination as the rules see it, with who has approved its terms as they are now. */
export async function readDestinationFacts(kitchen: Kitchen, row: DestinationRow): Promise<DestinationFacts> {
  const approvals = await readApprovals(kitchen.store.db, row);
  return {
    ...destinationFacts(row),
    terms: {
      purpose: row.purpose,
      minSize: row.min_size,
      allowedMembers: JSON.parse(row.allowed_members) as string[],
      approvedBy: approvals.map(({ member }) => member),
      isClosed: row.closed_at_ms !== null,
    },
  };
}

/** When something delivered now must be forgotten there at the latest; null when the terms set no end. */
export function retainedUntilMs({ retention_days: days }: DestinationRow, nowMs: number): number | null {
  return days === 0 ? null : nowMs + days * DAY_MS;
}

/** The key under which a destination's tokens are made. */
export function tokenKeyOf(kitchen: Kitchen, row: DestinationRow): Uint8Array {
  return kitchen.vault.openBytes(keyPlace(row.collaboration_id, row.destination_id), row.key_sealed);
}

/** Where the key of its tokens is sealed to. */
export function keyPlace(collaborationId: string, destinationId: string): { label: string; id: string } {
  return { label: 'destination-key', id: `${collaborationId}/${destinationId}` };
}

/** Where what its messages are signed with, or what signs in at its broker, is sealed to. */
export function accessPlace(collaborationId: string, destinationId: string): { label: string; id: string } {
  return { label: 'destination-access', id: `${collaborationId}/${destinationId}` };
}

/** What its messages are signed with, or what signs in at its broker. @throws {Error} when its kind has none */
export function accessOf(kitchen: Kitchen, row: DestinationRow): Uint8Array {
  if (row.access_sealed === null) throw new Error('a destination of this kind has no secret of its own');
  return kitchen.vault.openBytes(accessPlace(row.collaboration_id, row.destination_id), row.access_sealed);
}
