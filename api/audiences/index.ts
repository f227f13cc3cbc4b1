/** The door of audiences: definition, size, activation and delivery. */
export { admitToAudience } from './audience-record.ts';
export { defineOnce, makeAudienceService } from './audience-service.ts';
export { type Deliveries, startDeliveries } from './deliveries.ts';
export { readSeed } from './read-seed.ts';
export { replaceDeliveries, withdrawDeliveries } from './replace-deliveries.ts';
export { sweepSpools } from './sweep-spools.ts';
export { withdrawAtDestination } from './withdraw-at-destination.ts';
