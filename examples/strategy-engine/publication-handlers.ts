import { type handleClientStreamingCall, type handleUnaryCall, status } from '@grpc/grpc-js';
import type { strategy } from '../../proto/index.ts';
import type { AudienceStore, Publication } from './audience-store.ts';
import { EngineRefusal } from './engine-refusal.ts';

// Ids and names are for people and logs.
const maxNameChars = 256;
// A token has 22 characters today; twice as many leave room for a longer hash, and none for anything else.
const maxTokenChars = 44;

type PublishHandler = handleClientStreamingCall<strategy.PublishAudienceRequest, strategy.PublishAudienceResponse>;
type RevokeHandler = handleUnaryCall<strategy.RevokeAudienceRequest, strategy.RevokeAudienceResponse>;

/** The two calls of the outbound contract, over a store. */
export function publicationHandlers(
  store: AudienceStore,
  identifier: string,
): { publishAudience: PublishHandler; revokeAudience: RevokeHandler } {
  return {
    publishAudience: (call, callback) => {
      receivePublication(store, identifier, call).then(
        (receipt) => callback(null, { receipt }),
        (error: unknown) => callback(statusOf(error)),
      );
    },
    revokeAudience: (call, callback) => {
      try {
        callback(null, { receipt: store.withdraw(call.request.audienceId, call.request.version) });
      } catch (error) {
        callback(statusOf(error));
      }
    },
  };
}

async function receivePublication(
  store: AudienceStore,
  identifier: string,
  messages: AsyncIterable<strategy.PublishAudienceRequest>,
): Promise<string> {
  let publication: Publication | undefined;
  let first: string | undefined;
  try {
    for await (const { part } of messages) {
      // A repeated publication is read to its end and thrown away: its effect has happened.
      if (first !== undefined) continue;
      if (part?.$case === 'header') {
        if (publication !== undefined) throw new EngineRefusal('INVALID_ARGUMENT', 'a second header was sent');
        checkHeader(part.value, identifier);
        first = store.receiptOf(part.value.audienceId, part.value.version, 'publication');
        if (first === undefined) publication = store.begin(part.value);
      } else if (part?.$case === 'batch') {
        if (publication === undefined)
          throw new EngineRefusal('INVALID_ARGUMENT', 'members were sent before the header');
        checkTokens(part.value.tokens);
        publication.add(part.value.tokens);
      }
    }
    if (first !== undefined) return first;
    if (publication === undefined) throw new EngineRefusal('INVALID_ARGUMENT', 'no header was sent');
    return publication.complete();
  } catch (error) {
    publication?.discard();
    throw error;
  }
}

function checkHeader(header: strategy.AudienceHeader, identifier: string): void {
  const { audienceId, displayName } = header;
  if (audienceId === '' || audienceId.length > maxNameChars || displayName.length > maxNameChars) {
    throw new EngineRefusal(
      'INVALID_ARGUMENT',
      `an audience has an id, and it and its name have ${maxNameChars} characters at most`,
    );
  }
  if (header.identifier !== identifier) {
    const expected = `tokens of \`${identifier}\` are expected`;
    throw new EngineRefusal('INVALID_ARGUMENT', `${expected} and those of another identifier were announced`);
  }
}

function checkTokens(tokens: readonly string[]): void {
  if (tokens.some((token) => token === '' || token.length > maxTokenChars)) {
    throw new EngineRefusal('INVALID_ARGUMENT', `a membership token has 1 to ${maxTokenChars} characters`);
  }
}

function statusOf(error: unknown): { code: status; details: string } {
  if (error instanceof EngineRefusal) return { code: status[error.code], details: error.message };
  return { code: status.INTERNAL, details: 'the audience could not be stored' };
}
