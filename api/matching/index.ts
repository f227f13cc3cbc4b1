/** The door of matching: how many persons members have in common, before and after data is uploaded. */
export { makeMatchService } from './match-service.ts';
