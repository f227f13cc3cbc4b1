import type { audit } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { openDecision } from '../decisions/index.ts';
import { type Call, notFound } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';

/** Bytes of one message of a record. */
const RECORD_CHUNK_BYTES = 262_144;

/**
 * Streams the record of a decision to an auditor of its collaboration.
 *
 * To nobody else: it has the literals of the question, and members see each other's shapes alone.
 */
export async function* readDecision(
  kitchen: Kitchen,
  call: Call,
  queryId: string,
): AsyncGenerator<audit.ReadDecisionResponse, void> {
  const kept = await openDecision(kitchen, queryId);
  if (kept === undefined) throw notFound('question');
  const { collaborationId } = kept;
  await admit(kitchen, call, { action: 'read-decision', collaborationId });
  await record(kitchen, {
    kind: 'decision-read',
    call,
    collaboration: collaborationId,
    subject: { question: queryId },
  });
  for (let from = 0; from < kept.record.length; from += RECORD_CHUNK_BYTES) {
    const piece = kept.record.subarray(from, from + RECORD_CHUNK_BYTES);
    const isFirst = from === 0;
    yield {
      record: piece,
      salt: isFirst ? kept.salt : new Uint8Array(),
      fromIndex: isFirst ? BigInt(kept.fromIndex) : 0n,
      collaborationId: isFirst ? collaborationId : '',
    };
  }
}
