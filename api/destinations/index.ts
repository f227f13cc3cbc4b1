/** The door of destinations: who they are, and how parts of deliveries are handed to them. */
export type { WithdrawnFrom } from './approve-destination.ts';
export { DestinationFailed } from './destination-failed.ts';
export {
  type DestinationRow,
  destinationFacts,
  readDestination,
  readDestinationFacts,
  retainedUntilMs,
  tokenKeyOf,
} from './destination-record.ts';
export { type DestinationSender, MAX_BATCH_BYTES } from './destination-sender.ts';
export { makeDestinationService } from './destination-service.ts';
export { openSender } from './open-sender.ts';
