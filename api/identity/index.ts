/** The door of identity: who is one person in a collaboration. */
export { makeIdentityService } from './identity-service.ts';
