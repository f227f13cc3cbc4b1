import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { type DestinationFacts, type IdentifierKind, isIdentifierKind } from '../../policies/index.ts';
import type { audiences } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';
import { readDestinationAddress } from './destination-address.ts';

/** A destination as stored. */
export type DestinationRow = Selectable<Tables['destinations']>;

const NAME = /^[a-z][a-z0-9-]{1,62}$/;
const TOKEN_KEY_BYTES = 32;
/** Longest certificate authority file: a few certificates. */
const MAX_CERTIFICATE_BYTES = 65_536;

/** Registers a strategy engine; answers the key of its tokens, once. */
export async function createDestination(
  kitchen: Kitchen,
  call: Call,
  request: audiences.CreateDestinationRequest,
): Promise<{ readonly row: DestinationRow; readonly tokenKey: Uint8Array }> {
  const { collaborationId, destinationId } = request;
  await admit(kitchen, call, { action: 'create-destination', collaborationId });
  assertGood(request);
  if ((await readDestination(kitchen, collaborationId, destinationId)) !== undefined) {
    throw new ServiceError('ALREADY_EXISTS', `destination \`${destinationId}\` is registered already`);
  }
  const tokenKey = randomBytes(TOKEN_KEY_BYTES);
  const row: DestinationRow = {
    destination_id: destinationId,
    collaboration_id: collaborationId,
    owner: call.principal.member,
    address: request.address,
    ca_certificate_pem: request.caCertificatePem,
    identifier: request.identifier,
    key_sealed: kitchen.vault.sealBytes(keyPlace(collaborationId, destinationId), tokenKey),
    created_at_ms: kitchen.nowMs(),
  };
  const subject = { destination: destinationId, address: request.address, identifier: request.identifier };
  await record(kitchen, { kind: 'destination-registered', call, collaboration: collaborationId, subject });
  await kitchen.store.db.insertInto('destinations').values(row).execute();
  return { row, tokenKey };
}

function assertGood(request: audiences.CreateDestinationRequest): void {
  if (!NAME.test(request.destinationId))
    throw wrong('destination_id', 'must be lower-case letters, digits and hyphens');
  if (!isIdentifierKind(request.identifier)) {
    throw wrong('identifier', 'must be a kind of identifier, for example `email` or `custom:openid`');
  }
  const address = readDestinationAddress(request.address);
  if (address === null) {
    throw wrong('address', 'must be `host:port`, the host an IPv4 address, an IPv6 address in brackets or a DNS name');
  }
  if (request.caCertificatePem.length > MAX_CERTIFICATE_BYTES) throw wrong('ca_certificate_pem', 'is too long');
  // Membership tokens in the clear on a network would tell everybody on the way who is in.
  if (request.caCertificatePem === '' && !address.isLoopback) {
    throw wrong('ca_certificate_pem', 'is needed for an address beyond this machine');
  }
}

function wrong(field: string, rule: string): ServiceError {
  return new ServiceError('INVALID_REQUEST', `\`${field}\` ${rule}`);
}

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

/** A destination as the rules see it. */
export function destinationFacts(row: DestinationRow): DestinationFacts {
  return { destination: row.destination_id, owner: row.owner, identifier: row.identifier as IdentifierKind };
}

/** The key under which a destination's tokens are made. */
export function tokenKeyOf(kitchen: Kitchen, row: DestinationRow): Uint8Array {
  return kitchen.vault.openBytes(keyPlace(row.collaboration_id, row.destination_id), row.key_sealed);
}

function keyPlace(collaborationId: string, destinationId: string): { label: string; id: string } {
  return { label: 'destination-key', id: `${collaborationId}/${destinationId}` };
}
