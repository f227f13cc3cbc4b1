import type { audit } from '../../proto/index.ts';
import { openDetail, recordErased } from '../details/index.ts';
import { type Call, notFound } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { admitToDecision } from './admit-to-decision.ts';
import type { EntryIndex } from './entry-index/index.ts';

/** Bytes of one message of a record. */
const RECORD_CHUNK_BYTES = 262_144;

/**
 * Streams the record of a decision to an auditor of its collaboration.
 *
 * To nobody else: it has the literals of the question, and members see each other's shapes alone.
 *
 * @throws {ServiceError} RECORD_ERASED when an erasure has destroyed its key
 */
export async function* readDecision(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  queryId: string,
): AsyncGenerator<audit.ReadDecisionResponse, void> {
  const detail = await openDetail(kitchen, { kind: 'decision', subjectId: queryId });
  if (detail === undefined) throw notFound('question');
  const { collaborationId } = detail;
  await admitToDecision(kitchen, index, call, { subjectId: queryId, collaborationId });
  if (detail.state === 'erased') throw recordErased(detail);
  await record(kitchen, {
    kind: 'decision-read',
    call,
    collaboration: collaborationId,
    subject: { [fieldOf(queryId)]: queryId },
  });
  for (let from = 0; from < detail.content.length; from += RECORD_CHUNK_BYTES) {
    const piece = detail.content.subarray(from, from + RECORD_CHUNK_BYTES);
    const isFirst = from === 0;
    yield {
      record: piece,
      salt: isFirst ? detail.salt : new Uint8Array(),
      fromIndex: isFirst ? BigInt(detail.fromIndex) : 0n,
      collaborationId: isFirst ? collaborationId : '',
    };
  }
}

const FIELDS: Readonly<Record<string, string>> = {
  aud: 'audience',
  size: 'size',
  act: 'activation',
  ref: 'refresh',
  match: 'match',
};

/** The field by which entries name what has such an id. */
function fieldOf(subjectId: string): string {
  const [prefix = ''] = subjectId.split('-');
  return FIELDS[prefix] ?? 'question';
}
