import type { audit } from '../../proto/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { awaitIndex } from './await-index.ts';
import { filterSubject, kindTerm, placesOf, type ReadFilter, readFilter } from './entry-filter.ts';
import type { EntryIndex } from './entry-index/index.ts';
import { readFound } from './found-entries.ts';
import { readScope } from './log-scope.ts';

/** Entries of a page that names no size. */
const DEFAULT_PAGE_ENTRIES = 100;
/** Most entries of a page. */
const MAX_PAGE_ENTRIES = 1_000;
/** Bytes of leaves in one page: an answer must stay under the largest message. */
const MAX_PAGE_BYTES = 2_000_000;

/** Lists entries that a caller may see and asks for, and logs that it did. */
export async function listEntries(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  request: audit.ListEntriesRequest,
): Promise<audit.ListEntriesResponse> {
  const read = wholeFilter(request);
  const { visible, grants } = await readScope(kitchen, index, call, read.collaborationId);
  const size = Math.min(request.pageSize === 0 ? DEFAULT_PAGE_ENTRIES : request.pageSize, MAX_PAGE_ENTRIES);
  const treeSize = kitchen.log.treeSize;
  await awaitIndex(index, treeSize, call);
  const from = Math.min(Number(request.fromIndex), treeSize);
  const places = placesOf(index, read);
  const found = index.find(
    {
      visible,
      terms: read.terms,
      minRho: read.minRho,
      fromIndex: Math.max(from, places.fromIndex),
      untilIndex: Math.min(places.untilIndex, treeSize),
    },
    call.signal,
  );
  const entries: audit.Entry[] = [];
  let bytes = 0;
  // At the end: of what is not seen no place shall tell how far the search went.
  let nextIndex = treeSize;
  for await (const { leafIndex, leaf, entry } of readFound(kitchen.log, found)) {
    entries.push({ leafIndex: BigInt(leafIndex), kind: entry.kind, leaf });
    bytes += leaf.length;
    if (entries.length < size && bytes <= MAX_PAGE_BYTES) continue;
    nextIndex = leafIndex + 1;
    break;
  }
  const filter = await filterSubject(index, visible, read, call.signal);
  await record(kitchen, {
    kind: 'log-read',
    call,
    collaboration: read.collaborationId === '' ? null : read.collaborationId,
    subject: {
      from,
      until: nextIndex,
      kind: request.kind,
      ...(Object.keys(filter).length === 0 ? {} : { filter }),
      ...(grants.length === 0 ? {} : { grants: [...grants] }),
    },
  });
  return { entries, nextIndex: BigInt(nextIndex), treeSize: BigInt(treeSize) };
}

/** The two fields that were there before filters narrow it too. */
function wholeFilter(request: audit.ListEntriesRequest): ReadFilter {
  const read = readFilter(request.filter);
  const { collaborationId, kind } = request;
  if (collaborationId !== '' && read.collaborationId !== '' && collaborationId !== read.collaborationId) {
    throw new ServiceError('INVALID_REQUEST', '`collaboration_id` and that of `filter` name two collaborations');
  }
  return {
    ...read,
    collaborationId: read.collaborationId || collaborationId,
    terms: kind === '' ? read.terms : [...read.terms, [kindTerm(kind)]],
  };
}
