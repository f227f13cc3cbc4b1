/** The door of audiences: definition, size, activation and delivery. */
export { admitToAudience } from './audience-record.ts';
export { makeAudienceService } from './audience-service.ts';
export { type Deliveries, startDeliveries } from './deliveries.ts';
export { replaceDeliveries, withdrawDeliveries } from './replace-deliveries.ts';
