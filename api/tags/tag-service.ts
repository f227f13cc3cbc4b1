import { canonicalText, readTags } from '../../policies/index.ts';
import type { tags } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { readTableViews } from '../exits/index.ts';
import { type Call, type HandlerWrappers, ServiceError } from '../grpc/index.ts';
import { digestOf, type Kitchen, record } from '../kitchen/index.ts';
import { readCatalogues } from './tag-catalogues.ts';
import { tagDocument, tagMessage } from './tag-message.ts';

/** The handlers of galley.v1.TagService. */
export function makeTagService(kitchen: Kitchen, { unary }: HandlerWrappers): tags.TagServiceServer {
  return {
    publishTags: unary('publish-tags', (request, call) => publish(kitchen, call, request)),
    listTags: unary('list-tags', (request, call) => list(kitchen, call, request)),
  };
}

/** Replaces the catalogue of the caller's member as a whole: the log first, then everybody sees the new one. */
async function publish(
  kitchen: Kitchen,
  call: Call,
  { collaborationId, tags: sent }: tags.PublishTagsRequest,
): Promise<tags.PublishTagsResponse> {
  const collaboration = await admit(kitchen, call, { action: 'publish-tags', collaborationId });
  const { member: owner } = call.principal;
  const views = await readTableViews(kitchen, collaboration);
  const read = readTags(sent.map(tagDocument), { owner, tables: views });
  if (!read.ok) {
    const [first] = read.faults;
    const fields = read.faults.map(({ path, message }) => ({ path: `tags${path}`, message }));
    throw new ServiceError('INVALID_REQUEST', `\`tags${first?.path}\` ${first?.message}`, { fields });
  }
  const catalogue = digestOf(canonicalText(read.tags));
  const subject = { count: read.tags.length, catalogue };
  await record(kitchen, { kind: 'tags-published', call, collaboration: collaborationId, subject });
  const kept = { tags: JSON.stringify(read.tags), published_at_ms: kitchen.nowMs() };
  await kitchen.store.db
    .insertInto('tag_catalogues')
    .values({ collaboration_id: collaborationId, owner, ...kept })
    .onConflict((conflict) => conflict.columns(['collaboration_id', 'owner']).doUpdateSet(kept))
    .execute();
  return { tags: read.tags.map((tag) => tagMessage(tag, views)) };
}

async function list(
  kitchen: Kitchen,
  call: Call,
  { collaborationId }: tags.ListTagsRequest,
): Promise<tags.ListTagsResponse> {
  const collaboration = await admit(kitchen, call, { action: 'list-tags', collaborationId });
  const views = await readTableViews(kitchen, collaboration);
  const { tags: found, publishedAtMs } = await readCatalogues(kitchen, collaborationId);
  return {
    tags: found.map((tag) => tagMessage(tag, views)),
    publishedAt: publishedAtMs === null ? undefined : new Date(publishedAtMs),
  };
}
