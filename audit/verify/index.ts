export { type VerifiedLog, type VerifyLogOptions, verifyLog } from './verify-log.ts';
