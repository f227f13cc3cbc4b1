import { randomBytes } from 'node:crypto';
import type { destinations } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { accessPlace, type DestinationRow, keyPlace, readDestination } from './destination-record.ts';
import { type Access, makeAccess } from './make-access.ts';
import { readTerms, type StoredTerms, termsDigest } from './terms.ts';

const NAME = /^[a-z][a-z0-9-]{1,62}$/;
const TOKEN_KEY_BYTES = 32;

/** A destination with its terms, and what is shown once. */
export interface Proposed {
  readonly row: DestinationRow;
  /** Null when only the terms changed: the key is the destination's for good. */
  readonly tokenKey: Uint8Array | null;
  readonly access: Pick<Access, 'signingSecret' | 'brokerUser'> | null;
}

/** Proposes a destination or new terms of one; whoever proposes has approved. The same terms again change nothing. */
export async function proposeDestination(
  kitchen: Kitchen,
  call: Call,
  request: destinations.ProposeDestinationRequest,
): Promise<Proposed> {
  const { collaborationId, destinationId } = request;
  const collaboration = await admit(kitchen, call, { action: 'propose-destination', collaborationId });
  if (!NAME.test(destinationId)) {
    throw new ServiceError('INVALID_REQUEST', '`destination_id` must be lower-case letters, digits and hyphens');
  }
  const hasDropFolder = kitchen.config.destinations.dropDirectory !== null;
  const terms = await readTerms(request.terms, { collaboration, hasDropFolder });
  const owner = call.principal.member;
  const digest = termsDigest({ collaborationId, destinationId, owner }, terms);
  const found = await readDestination(kitchen, collaborationId, destinationId);
  if (found === undefined) return await register(kitchen, call, { request, terms, digest });
  assertChangeable(found, owner, terms);
  const row = { ...found, ...terms, terms_digest: digest };
  if (found.terms_digest !== digest) {
    await tell(kitchen, call, row);
    await kitchen.store.transaction(async (db) => {
      await db
        .updateTable('destinations')
        .set({ ...terms, terms_digest: digest })
        .where('collaboration_id', '=', collaborationId)
        .where('destination_id', '=', destinationId)
        .execute();
      // Else a member that approved earlier terms would be taken to approve them when they are proposed again, though it may
      // have said no in between.
      await db
        .deleteFrom('destination_approvals')
        .where('collaboration_id', '=', collaborationId)
        .where('destination_id', '=', destinationId)
        .execute();
      await keepApproval(db, row, { member: owner, nowMs: kitchen.nowMs() });
    });
  }
  return { row, tokenKey: null, access: null };
}

/** Tokens of another identifier, or another way there, would be another destination under an old name. */
function assertChangeable(found: DestinationRow, owner: string, terms: StoredTerms): void {
  const name = `destination \`${found.destination_id}\``;
  if (found.owner !== owner) throw new ServiceError('ALREADY_EXISTS', `${name} is registered already`);
  if (found.closed_at_ms !== null) throw new ServiceError('INVALID_REQUEST', `${name} is closed; take another name`);
  if (found.kind === terms.kind && found.identifier === terms.identifier) return;
  throw new ServiceError('INVALID_REQUEST', `kind and identifier of ${name} stay; propose another one beside it`);
}

interface Proposal {
  readonly request: destinations.ProposeDestinationRequest;
  readonly terms: StoredTerms;
  readonly digest: string;
}

async function register(kitchen: Kitchen, call: Call, { request, terms, digest }: Proposal): Promise<Proposed> {
  const { collaborationId, destinationId } = request;
  const tokenKey = randomBytes(TOKEN_KEY_BYTES);
  const access = await makeAccess(terms.kind);
  const place = accessPlace(collaborationId, destinationId);
  const row: DestinationRow = {
    ...terms,
    destination_id: destinationId,
    collaboration_id: collaborationId,
    owner: call.principal.member,
    key_sealed: kitchen.vault.sealBytes(keyPlace(collaborationId, destinationId), tokenKey),
    access_sealed: access.secret && kitchen.vault.sealBytes(place, access.secret),
    terms_digest: digest,
    created_at_ms: kitchen.nowMs(),
    closed_at_ms: null,
  };
  await tell(kitchen, call, row);
  await kitchen.store.transaction(async (db) => {
    await db.insertInto('destinations').values(row).execute();
    await keepApproval(db, row, { member: row.owner, nowMs: row.created_at_ms });
  });
  return { row, tokenKey, access };
}

async function tell(kitchen: Kitchen, call: Call, row: DestinationRow): Promise<void> {
  const { address, identifier, purpose } = row;
  const subject = {
    destination: row.destination_id,
    address,
    identifier,
    how: row.kind,
    purpose,
    terms: row.terms_digest,
    retentionDays: row.retention_days,
  };
  await record(kitchen, { kind: 'destination-registered', call, collaboration: row.collaboration_id, subject });
}

/** Keeps an approval of the terms in force. */
export async function keepApproval(
  db: Database,
  row: DestinationRow,
  { member, nowMs }: { readonly member: string; readonly nowMs: number },
): Promise<void> {
  const approval = { terms_digest: row.terms_digest, approved_at_ms: nowMs };
  const { collaboration_id, destination_id } = row;
  await db
    .insertInto('destination_approvals')
    .values({ collaboration_id, destination_id, member, ...approval })
    .onConflict((conflict) => conflict.columns(['collaboration_id', 'destination_id', 'member']).doUpdateSet(approval))
    .execute();
}
