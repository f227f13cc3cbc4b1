/** The door of the client: promises over the generated gRPC clients, for commands and demo alike. */
export { type ConnectionOptions, defaultServer } from './connection.ts';
export { GalleyClient } from './galley-client.ts';
