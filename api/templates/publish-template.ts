import { fillTemplate, sampleFilling, type Template } from '../../policies/index.ts';
import type { templates } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { inTurn } from '../datasets/index.ts';
import { MAX_READING_MS, parse } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, record } from '../kitchen/index.ts';
import { invalid, type ReadDocument, readDocument } from './read-document.ts';
import { documentPlace, findTemplate, READY_AUTHOR, type TemplateRecord } from './template-record.ts';
import { type Signed, verifySignature } from './verify-signature.ts';

/** Most templates of one member in a collaboration, as none is ever deleted. */
const MAX_TEMPLATES_PER_MEMBER_COUNT = 200;

/**
 * Publishes a template: admit → read → verify → parse → log → keep. Nothing runs by it before somebody approves it.
 *
 * The same document again is the template that is there already.
 */
export async function publishTemplate(
  kitchen: Kitchen,
  call: Call,
  request: templates.PublishTemplateRequest,
): Promise<TemplateRecord> {
  const { collaborationId } = request;
  const collaboration = await admit(kitchen, call, { action: 'publish-template', collaborationId });
  const read = readDocument(request.document);
  const signed = await verifySignature(read.digest, request);
  await assertIsSql(kitchen, call, read.template);
  await inTurn(`templates ${collaborationId}`, () => keep(kitchen, call, { request, read, signed }));
  return await findTemplate(kitchen, call, collaboration, read.digest);
}

/** Holds the SQL against the grammar: a template that no value makes a question would be approved in vain. */
async function assertIsSql(kitchen: Kitchen, call: Call, template: Template): Promise<void> {
  const work = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  const parsed = await parse(kitchen, fillTemplate(template, sampleFilling(template)), work);
  if (parsed.ok) return;
  const faults = parsed.violations.map(({ message, help }) => ({ path: '/sql', message: `: ${message}; ${help}` }));
  throw invalid('document', faults);
}

interface Publication {
  readonly request: templates.PublishTemplateRequest;
  readonly read: ReadDocument;
  readonly signed: Signed;
}

async function keep(kitchen: Kitchen, call: Call, { request, read, signed }: Publication): Promise<void> {
  const { collaborationId, document, signature } = request;
  const { digest, template } = read;
  const { member: author } = call.principal;
  const { name, version, kind, title } = template;
  // Nobody's template must look like one of Galley's own.
  if (author === READY_AUTHOR)
    throw new ServiceError('INVALID_REQUEST', 'a member of the name `galley` publishes none');
  const known = await kitchen.store.db
    .selectFrom('templates')
    .select(['digest', 'author', 'name', 'version'])
    .where('collaboration_id', '=', collaborationId)
    .execute();
  const same = known.find((one) => one.digest === digest);
  if (same?.author === author) return;
  if (same !== undefined) throw taken('another member has published this very document here');
  const own = known.filter((one) => one.author === author);
  if (own.some((one) => one.name === name && one.version === version)) {
    throw taken(`\`${name}\` ${version} is another document already; count its version up`);
  }
  if (own.length >= MAX_TEMPLATES_PER_MEMBER_COUNT) {
    const message = `your member has published ${MAX_TEMPLATES_PER_MEMBER_COUNT} templates here already`;
    throw new ServiceError('INVALID_REQUEST', message);
  }
  const subject = { template: digest, name, templateVersion: version, templateKind: kind, signer: signed.signer };
  await record(kitchen, { kind: 'template-published', call, collaboration: collaborationId, subject });
  const row = { collaboration_id: collaborationId, digest, author, name, version, kind, title, signature };
  const sealed = kitchen.vault.sealBytes(documentPlace(collaborationId, digest), Buffer.from(document));
  const { publicKey: public_key, signer } = signed;
  await kitchen.store.db
    .insertInto('templates')
    .values({ ...row, document_sealed: sealed, public_key, signer, published_at_ms: kitchen.nowMs() })
    .execute();
}

function taken(message: string): ServiceError {
  return new ServiceError('ALREADY_EXISTS', message);
}
