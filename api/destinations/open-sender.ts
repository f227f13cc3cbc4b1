import type { Kitchen } from '../kitchen/index.ts';
import { accessOf, type DestinationRow, tokenKeyOf } from './destination-record.ts';
import type { DestinationSender } from './destination-sender.ts';
import { openEngineSender } from './engine-sender.ts';

/** Reaches a destination, however its terms say that it is reached. @throws {DestinationFailed} */
export async function openSender(
  kitchen: Kitchen,
  destination: DestinationRow,
  signal: AbortSignal,
): Promise<DestinationSender> {
  const { dropDirectory, internalHosts } = kitchen.config.destinations;
  // Each way loads a package or two when somebody takes it: most services have none of these, and a start waits for them.
  switch (destination.kind) {
    case 'strategy-engine':
      return await openEngineSender(destination, signal);
    case 'nats': {
      const { openNatsSender } = await import('./nats-sender.ts');
      return await openNatsSender(destination, accessOf(kitchen, destination), signal);
    }
    case 'webhook': {
      const { openWebhookSender } = await import('./webhook-sender.ts');
      return await openWebhookSender(
        destination,
        { secret: accessOf(kitchen, destination), internalHosts, nowMs: kitchen.nowMs },
        signal,
      );
    }
    case 'file-drop': {
      const { openFileDropSender } = await import('./file-drop-sender.ts');
      return await openFileDropSender(destination, { dropDirectory, tokenKey: tokenKeyOf(kitchen, destination) });
    }
    default:
      return destination.kind satisfies never;
  }
}
