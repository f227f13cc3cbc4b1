/** The door of rights: opt-outs and erasures. */
export { type Erasures, startErasures } from './erasures.ts';
export { makeRightsService } from './rights-service.ts';
