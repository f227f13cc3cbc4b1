/** The door of audiences: definition, size, activation and delivery. */
export { makeAudienceService } from './audience-service.ts';
export { type Deliveries, startDeliveries } from './deliveries.ts';
export { replaceDeliveries, withdrawDeliveries } from './replace-deliveries.ts';
