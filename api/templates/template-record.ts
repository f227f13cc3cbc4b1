import type { Selectable } from 'kysely';
import { readyTemplates, type TemplateKind } from '../../policies/index.ts';
import type { CollaborationRecord } from '../collaborations/index.ts';
import { type Call, notFound } from '../grpc/index.ts';
import { digestOf, type Kitchen } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';
import { readDocument } from './read-document.ts';

/** Who the templates are of that come with Galley; a member of that name can publish none. */
export const READY_AUTHOR = 'galley';

/** What is known of a template, with who has approved it as far as the caller may know. */
export interface TemplateFacts {
  readonly digest: string;
  readonly author: string;
  /** Whether it is one of those that come with Galley. */
  readonly isReady: boolean;
  readonly name: string;
  readonly version: string;
  readonly kind: TemplateKind;
  readonly title: string;
  readonly signature: string;
  readonly signer: string;
  readonly publishedAtMs: number | null;
  readonly approvedBy: readonly string[];
}

/** A template whole. */
export interface TemplateRecord extends TemplateFacts {
  /** The document as it was signed. */
  readonly document: string;
  readonly publicKey: string;
}

/** The templates that come with Galley: written out always alike, so that a digest names each. */
const READY: readonly Omit<TemplateRecord, 'approvedBy'>[] = readyTemplates.map((ready) => {
  const document = `${JSON.stringify(ready, null, 2)}\n`;
  const { digest, template } = readDocument(document);
  const { name, version, kind, title } = template;
  const unsigned = { signature: '', publicKey: '', signer: '', publishedAtMs: null };
  return { digest, author: READY_AUTHOR, isReady: true, name, version, kind, title, document, ...unsigned };
});

/** Where a document lies sealed. */
export function documentPlace(collaborationId: string, digest: string) {
  return { label: 'template', id: `${collaborationId}/${digest}` };
}

/** All templates of a collaboration that a caller may see, those of Galley first. */
export async function listTemplates(
  kitchen: Kitchen,
  call: Pick<Call, 'principal'>,
  collaboration: CollaborationRecord,
): Promise<readonly TemplateFacts[]> {
  const { collaboration_id: id } = collaboration.row;
  const { db } = kitchen.store;
  const [rows, approvals] = await Promise.all([
    db
      .selectFrom('templates')
      .select(['digest', 'author', 'name', 'version', 'kind', 'title', 'signature', 'signer', 'published_at_ms'])
      .where('collaboration_id', '=', id)
      .orderBy('published_at_ms')
      .execute(),
    db.selectFrom('template_approvals').select(['digest', 'member']).where('collaboration_id', '=', id).execute(),
  ]);
  const known = knownMembers(kitchen, call, collaboration);
  const approvedBy = (digest: string): readonly string[] =>
    approvals
      .filter((one) => one.digest === digest && (known === null || known.has(one.member)))
      .map(({ member }) => member)
      .toSorted();
  const published = rows.map(({ published_at_ms: publishedAtMs, ...row }) => {
    return { ...row, publishedAtMs, isReady: false, approvedBy: approvedBy(row.digest) };
  });
  const seen = published.filter(
    ({ author, approvedBy: by }) => known === null || author === call.principal.member || by.length > 0,
  );
  return [...READY.map((one) => ({ ...one, approvedBy: approvedBy(one.digest) })), ...seen];
}

/** One template whole. @throws {ServiceError} NOT_FOUND for one that is not there, or not for the caller */
export async function findTemplate(
  kitchen: Kitchen,
  call: Pick<Call, 'principal'>,
  collaboration: CollaborationRecord,
  digest: string,
): Promise<TemplateRecord> {
  const facts = (await listTemplates(kitchen, call, collaboration)).find((one) => one.digest === digest);
  if (facts === undefined) throw notFound('template');
  const ready = READY.find((one) => one.digest === digest);
  if (facts.isReady && ready !== undefined) return { ...ready, ...facts };
  const row = await kitchen.store.db
    .selectFrom('templates')
    .selectAll()
    .where('collaboration_id', '=', collaboration.row.collaboration_id)
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();
  return { ...facts, document: openDocument(kitchen, row), publicKey: row.public_key };
}

/**
 * The members whose approvals a caller may know of: all, but for an ISV, which knows those of the members that it acts
 * for now, and sees of others' templates only what these have approved.
 */
function knownMembers(
  kitchen: Kitchen,
  { principal }: Pick<Call, 'principal'>,
  { grants }: CollaborationRecord,
): ReadonlySet<string> | null {
  if (principal.role !== 'isv') return null;
  const nowMs = kitchen.nowMs();
  const standing = grants.filter(
    (g) => g.grantee === principal.member && g.revoked_at_ms === null && nowMs < g.expires_at_ms,
  );
  return new Set(standing.map((g) => g.grantor));
}

function openDocument({ vault }: Kitchen, row: Selectable<Tables['templates']>): string {
  const { collaboration_id: collaborationId, digest, document_sealed: sealed } = row;
  const document = Buffer.from(vault.openBytes(documentPlace(collaborationId, digest), sealed)).toString();
  // What was approved is what runs: whoever writes into the store must not give a digest another text.
  if (digestOf(document) !== digest) throw new Error('a stored template is not what its digest says');
  return document;
}
