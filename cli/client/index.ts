/** The door of the client: promises over the generated gRPC clients, for commands and demo alike. */

export type { EntryRequest } from './audit-client.ts';
export type { Conversation } from './call.ts';
export { type ConnectionOptions, defaultServer } from './connection.ts';
export { FileChanged, FileSource } from './file-source.ts';
export { GalleyClient } from './galley-client.ts';
export type { HiddenList, MatchStage } from './match-client.ts';
export { Patience } from './patience.ts';
export { sendMissing, sendWhole } from './send-whole.ts';
export type { Terms } from './upload-client.ts';
export { StreamSource, type UploadSource } from './upload-source.ts';
