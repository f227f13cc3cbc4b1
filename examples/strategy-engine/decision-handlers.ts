import { type handleUnaryCall, status } from '@grpc/grpc-js';
import type { decisions } from '../../proto/index.ts';
import { TOKEN_BYTES } from './check-envelope.ts';
import { EngineRefusal } from './engine-refusal.ts';
import { statusOf } from './status-of.ts';

/** The engine as the shop sees it, by token. */
export interface ShopDoor {
  readonly decide: (token: Uint8Array, scene: string) => decisions.DecideResponse | undefined;
  readonly record: (events: readonly decisions.Event[]) => Promise<decisions.RecordEventsResponse>;
}

/** The calls of `DecisionService`. */
export function decisionHandlers({ decide, record }: ShopDoor): {
  decide: handleUnaryCall<decisions.DecideRequest, decisions.DecideResponse>;
  recordEvents: handleUnaryCall<decisions.RecordEventsRequest, decisions.RecordEventsResponse>;
} {
  return {
    decide: ({ request: { token, scene } }, callback) => {
      if (token.length !== TOKEN_BYTES)
        return callback(statusOf(new EngineRefusal('INVALID_ARGUMENT', `a token has ${TOKEN_BYTES} bytes`)));
      const decision = decide(token, scene);
      if (decision !== undefined) return callback(null, decision);
      return callback({ code: status.NOT_FOUND, details: `no strategy file names a scene \`${scene.slice(0, 256)}\`` });
    },
    recordEvents: ({ request }, callback) => {
      record(request.events).then(
        (answer) => callback(null, answer),
        (error: unknown) => callback(statusOf(error)),
      );
    },
  };
}
