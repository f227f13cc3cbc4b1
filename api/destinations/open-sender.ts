import type { Kitchen } from '../kitchen/index.ts';
import { accessOf, type DestinationRow, tokenKeyOf } from './destination-record.ts';
import type { DestinationSender } from './destination-sender.ts';
import { openEngineSender } from './engine-sender.ts';
import { openFileDropSender } from './file-drop-sender.ts';
import { openNatsSender } from './nats-sender.ts';
import { openWebhookSender } from './webhook-sender.ts';

/** Reaches a destination, however its terms say that it is reached. @throws {DestinationFailed} */
export async function openSender(
  kitchen: Kitchen,
  destination: DestinationRow,
  signal: AbortSignal,
): Promise<DestinationSender> {
  const { dropDirectory, internalHosts } = kitchen.config.destinations;
  switch (destination.kind) {
    case 'strategy-engine':
      return await openEngineSender(destination, signal);
    case 'nats':
      return await openNatsSender(destination, accessOf(kitchen, destination), signal);
    case 'webhook':
      return await openWebhookSender(
        destination,
        { secret: accessOf(kitchen, destination), internalHosts, nowMs: kitchen.nowMs },
        signal,
      );
    case 'file-drop':
      return await openFileDropSender(destination, { dropDirectory, tokenKey: tokenKeyOf(kitchen, destination) });
    default:
      return destination.kind satisfies never;
  }
}
