// Whatever a destination's terms say is held here, once, before anybody is asked to approve it: what the parties read is
// what is reached.
import { isAudiencePurpose, isIdentifierKind } from '../../policies/index.ts';
import { destinations } from '../../proto/index.ts';
import type { CollaborationRecord } from '../collaborations/index.ts';
import { ServiceError } from '../grpc/index.ts';
import { digestOf } from '../kitchen/index.ts';
import type { DestinationKind } from '../store/index.ts';
import { readDestinationAddress } from './destination-address.ts';
import type { DestinationRow } from './destination-record.ts';
import { readBrokerAddress, readWebhookAddress } from './destination-url.ts';

/** Terms as they are stored. */
export type StoredTerms = Pick<
  DestinationRow,
  | 'kind'
  | 'address'
  | 'ca_certificate_pem'
  | 'identifier'
  | 'purpose'
  | 'min_size'
  | 'allowed_members'
  | 'retention_days'
  | 'recipient'
>;

/** Longest certificate authority file: a few certificates. */
const MAX_CERTIFICATE_BYTES = 65_536;
/** Largest minimum, that of rules documents. */
const MAX_MINIMUM_PERSONS = 1_000_000;
/** Longest retention: ten years. */
const MAX_RETENTION_DAYS = 3_650;
/** A folder's name, and no way out of the folder it is in. */
const FOLDER = /^[a-z][a-z0-9-]{1,62}$/;

const { DestinationKind: Kind } = destinations;

/** The kinds of the contract. */
const KINDS: Readonly<Partial<Record<destinations.DestinationKind, DestinationKind>>> = {
  [Kind.UNSPECIFIED]: 'strategy-engine',
  [Kind.STRATEGY_ENGINE]: 'strategy-engine',
  [Kind.NATS]: 'nats',
  [Kind.WEBHOOK]: 'webhook',
  [Kind.FILE_DROP]: 'file-drop',
};

/** What the reading of terms is held against. */
export interface TermsSetting {
  readonly collaboration: CollaborationRecord;
  /** Whether the operator has named a folder for file drops. */
  readonly hasDropFolder: boolean;
}

/** Reads terms from a request. @throws {ServiceError} INVALID_REQUEST naming the field */
export async function readTerms(
  terms: destinations.DestinationTerms | undefined,
  { collaboration, hasDropFolder }: TermsSetting,
): Promise<StoredTerms> {
  if (terms === undefined) throw wrong('terms', 'are missing');
  const kind = KINDS[terms.kind];
  if (kind === undefined) throw wrong('kind', 'is not a kind of destination that is known');
  assertReachable(kind, terms);
  if (kind === 'file-drop' && !hasDropFolder) {
    throw wrong('kind', 'cannot be a file drop: the operator has set no `destinations.dropDirectory`');
  }
  if (!isIdentifierKind(terms.identifier)) {
    throw wrong('identifier', 'must be a kind of identifier, for example `email` or `custom:openid`');
  }
  if (!isAudiencePurpose(terms.purpose))
    throw wrong('purpose', 'must be a purpose of the list, see docs/destinations.md');
  if (terms.minSize > BigInt(MAX_MINIMUM_PERSONS)) throw wrong('min_size', `is over ${MAX_MINIMUM_PERSONS}`);
  if (terms.retentionDays > MAX_RETENTION_DAYS) throw wrong('retention_days', `is over ${MAX_RETENTION_DAYS}`);
  await assertRecipient(kind, terms.recipient);
  return {
    kind,
    address: terms.address,
    ca_certificate_pem: terms.caCertificatePem,
    identifier: terms.identifier,
    purpose: terms.purpose,
    min_size: Number(terms.minSize),
    allowed_members: JSON.stringify(readMembers(terms.allowedMembers, collaboration)),
    retention_days: terms.retentionDays,
    recipient: terms.recipient,
  };
}

function assertReachable(
  kind: DestinationKind,
  { address, caCertificatePem: ca }: destinations.DestinationTerms,
): void {
  if (ca.length > MAX_CERTIFICATE_BYTES) throw wrong('ca_certificate_pem', 'is too long');
  if (kind === 'file-drop') {
    if (!FOLDER.test(address)) throw wrong('address', 'must be a folder: lower-case letters, digits and hyphens');
    return;
  }
  const needsCa =
    kind === 'webhook' ? webhookNeedsCa(address) : kind === 'nats' ? brokerNeedsCa(address) : engineNeedsCa(address);
  // Membership tokens in the clear on a network would tell everybody on the way who is in.
  if (needsCa && ca === '') throw wrong('ca_certificate_pem', 'is needed for an address beyond this machine');
}

function engineNeedsCa(text: string): boolean {
  const address = readDestinationAddress(text);
  if (address !== null) return !address.isLoopback;
  throw wrong('address', 'must be `host:port`, the host an IPv4 address, an IPv6 address in brackets or a DNS name');
}

function brokerNeedsCa(text: string): boolean {
  const address = readBrokerAddress(text);
  if (address !== null && (address.isTls || address.isLoopback)) return address.isTls;
  throw wrong('address', 'must be `tls://host:port/subject`, or `nats://127.0.0.1:port/subject` on this machine');
}

/** A webhook is known by the authorities that the system trusts, unless its terms name one. */
function webhookNeedsCa(text: string): boolean {
  if (readWebhookAddress(text) !== null) return false;
  throw wrong('address', 'must begin with `https://` (`http://` on this machine only) and hold no user or fragment');
}

async function assertRecipient(kind: DestinationKind, recipient: string): Promise<void> {
  if (kind !== 'file-drop') {
    if (recipient !== '') throw wrong('recipient', 'is of a file drop alone');
    return;
  }
  // Here and not at the start: the ciphers are seventy files, and few services have a file drop.
  const { Encrypter } = await import('age-encryption');
  try {
    new Encrypter().addRecipient(recipient);
  } catch {
    throw wrong('recipient', 'must be an age recipient, `age1…`, as `age-keygen` shows it');
  }
}

function readMembers(members: readonly string[], collaboration: CollaborationRecord): readonly string[] {
  const known = collaboration.members.map(({ member }) => member);
  const strange = members.find((member) => !known.includes(member));
  if (strange === undefined) return [...new Set(members)].sort();
  throw wrong('allowed_members', `names \`${strange}\`, which is no member of the collaboration`);
}

function wrong(field: string, rule: string): ServiceError {
  return new ServiceError('INVALID_REQUEST', `\`${field}\` ${rule}`);
}

/** What is approved is named by this: the digest of the terms, of whose they are and of where they hold. */
export function termsDigest(
  of: { readonly collaborationId: string; readonly destinationId: string; readonly owner: string },
  terms: StoredTerms,
): string {
  // Names in order and no spaces, as RFC 8785 has it, so that anybody can compute it from what is listed.
  return digestOf(
    JSON.stringify({
      address: terms.address,
      allowedMembers: JSON.parse(terms.allowed_members) as string[],
      caCertificatePem: terms.ca_certificate_pem,
      collaboration: of.collaborationId,
      destination: of.destinationId,
      identifier: terms.identifier,
      kind: terms.kind,
      minSize: terms.min_size,
      owner: of.owner,
      purpose: terms.purpose,
      recipient: terms.recipient,
      retentionDays: terms.retention_days,
    }),
  );
}
