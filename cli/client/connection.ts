import { readFileSync } from 'node:fs';
import { type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js';

/** Where the service listens when nothing else is said. */
export const defaultServer = '127.0.0.1:7443';

/** How to reach the service and as whom. Paths are files; `token` is a bearer access token. */
export interface ConnectionOptions {
  readonly server: string;
  /** Or how to read it: asked before each call, for a token ends sooner than a refresh. */
  readonly token?: string | (() => string) | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** An address with the credentials that every call to it carries. */
export interface Connection {
  readonly address: string;
  readonly credentials: ChannelCredentials;
  /** A fresh copy for each call: gRPC adds to what it is given. */
  readonly metadata: () => Metadata;
}

/**
 * Prepares calls to a service; nothing is sent before the first one.
 *
 * A token is a key to a member's data, so that only a loopback address is ever spoken to without TLS.
 *
 * @throws {Error} when a certificate cannot be read, or only one half of a client certificate is given
 */
export function openConnection(options: ConnectionOptions): Connection {
  if ((options.cert === undefined) !== (options.key === undefined)) {
    throw new Error('`--cert` and `--key` go together');
  }
  const { token } = options;
  return {
    address: options.server,
    credentials: channelCredentials(options),
    metadata: () => {
      const metadata = new Metadata();
      const bearer = typeof token === 'function' ? token() : token;
      if (bearer !== undefined) metadata.set('authorization', `Bearer ${bearer}`);
      return metadata;
    },
  };
}

function channelCredentials({ server, ca, cert, key }: ConnectionOptions): ChannelCredentials {
  if (ca === undefined && cert === undefined && isLoopback(server)) return credentials.createInsecure();
  const read = (path: string | undefined): Buffer | null => (path === undefined ? null : readFileSync(path));
  return credentials.createSsl(read(ca), read(key), read(cert));
}

function isLoopback(server: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]):\d+$/u.test(server);
}
