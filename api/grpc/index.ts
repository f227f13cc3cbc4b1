/** The door of the gRPC chapter: what every call goes through, and every way it may end. */
export { accessRefused, notFound, type Thing } from './access.ts';
export { type Call, race } from './call.ts';
export type { HandlerWrappers } from './handlers.ts';
export { type OperatorLog, openOperatorLog } from './operator-log.ts';
export type { CountedRefusals, OnRefusal, Refusal } from './refusal-tally.ts';
export { createServer, type GalleyServer, MAX_MESSAGE_BYTES, type ServerOptions } from './server.ts';
export { ServiceError, type ServiceErrorCode, type ServiceErrorDetails } from './service-error.ts';
