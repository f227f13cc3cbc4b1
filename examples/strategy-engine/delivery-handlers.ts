import type { handleUnaryCall } from '@grpc/grpc-js';
import { strategy } from '../../proto/index.ts';
import { statusOf } from './status-of.ts';
import type { Take } from './store-writer.ts';

/** The call of the outbound contract. */
export function deliveryHandlers(take: Take): {
  deliver: handleUnaryCall<strategy.DeliverRequest, strategy.DeliverResponse>;
} {
  return {
    deliver: ({ request }, callback) => {
      take(request.envelope ?? strategy.Envelope.create()).then(
        (answer) => callback(null, answer),
        (error: unknown) => callback(statusOf(error)),
      );
    },
  };
}
