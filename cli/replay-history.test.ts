import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { rpc, rpcDetails } from '../proto/index.ts';
import { ReplayRules } from './audit-replay.ts';
import { type ReplayClient, replayOne } from './replay-history.ts';

/** An hour of the history each: the decision is the second entry. */
const STORY = ['person-erased', 'question-admitted', 'log-read', 'person-erased'];
const DECISION_INDEX = 1;

const entries = STORY.map((kind, hour) => {
  const subject = kind === 'question-admitted' ? { question: 'q-1', decision: 'digest' } : {};
  const at = new Date(Date.UTC(2031, 4, 1, hour)).toISOString();
  const leaf = Buffer.from(JSON.stringify({ actor: null, at, collaboration: null, kind, subject, version: 1 }));
  // What stands beside a leaf is the service's own word.
  return { leafIndex: BigInt(hour), kind: kind === 'log-read' ? 'person-erased' : kind, leaf };
});

/** A service that keeps the record back, and says that an erasure took it along. */
function lying(metadata: Record<string, string>): ReplayClient {
  const info = rpcDetails.ErrorInfo.encode({ reason: 'RECORD_ERASED', domain: 'galley', metadata }).finish();
  const details = [{ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: info }];
  const packed = rpc.Status.encode({ code: status.FAILED_PRECONDITION, message: 'erased', details }).finish();
  const trailer = new Metadata();
  trailer.set('grpc-status-details-bin', Buffer.from(packed));
  const refusal: ServiceError = Object.assign(new Error('erased'), {
    code: status.FAILED_PRECONDITION,
    details: 'erased',
    metadata: trailer,
  });
  return {
    audit: {
      async *entries({ fromIndex }) {
        yield* entries.filter(({ leafIndex }) => leafIndex >= fromIndex);
      },
      decision: () => Promise.reject(refusal),
    },
  };
}

it.each([
  ['an erasure after the decision', { leafIndex: '3' }, 'erased'],
  ['an erasure before the decision was made', { leafIndex: '0' }, 'missing'],
  ['an entry that it calls an erasure, and whose leaf is another', { leafIndex: '2' }, 'missing'],
  ['an erasure that is under way, for ever', {}, 'missing'],
] as const)('a record that is kept back for %s', async (_, metadata, outcome) => {
  const replayed = await replayOne(lying(metadata), await ReplayRules.of([]), String(DECISION_INDEX));
  expect(replayed.outcome).toBe(outcome);
});
