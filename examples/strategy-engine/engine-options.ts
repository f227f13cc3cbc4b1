import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

// The clean room issues keys of 32 bytes; a shorter one was cut on its way.
const tokenKeyBytes = 32;

const usage = `usage: node examples/strategy-engine/main.ts --data DIR --token-key FILE|HEX --content FILE
  --data DIR             where audiences are kept
  --token-key FILE|HEX   the key shown once when the destination was created: 64 hex digits, or a file of them
                         (the file may appear later; until then audiences are taken and nothing is decided)
  --content FILE         what is shown to whom where: scenes and strategies, JSON; read again on SIGHUP
  --listen HOST:PORT     gRPC, for the clean room (127.0.0.1:0)
  --http HOST:PORT       decisions and events for the shop, over HTTP; loopback only (127.0.0.1:0)
  --decisions HOST:PORT  the same over gRPC; loopback only (127.0.0.1:0)
  --identifier NAME      what tokens are made of: email, phone or member_id (email)
  --tls-cert FILE --tls-key FILE   TLS for gRPC; required beyond loopback`;

/** How the engine was started. `tokenKey` is read anew until it is there. */
export interface EngineOptions {
  readonly dataDirectory: string;
  readonly listen: string;
  readonly httpHost: string;
  readonly httpPort: number;
  readonly decisions: string;
  readonly identifier: string;
  readonly contentPath: string;
  readonly tls: { readonly certificate: Buffer; readonly key: Buffer } | undefined;
  readonly tokenKey: () => Buffer | undefined;
}

/**
 * Reads the command line.
 *
 * @throws {Error} whose message is the usage, or names the option that is wrong
 */
export function parseEngineOptions(args: readonly string[]): EngineOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      'token-key': { type: 'string' },
      content: { type: 'string' },
      listen: { type: 'string', default: '127.0.0.1:0' },
      http: { type: 'string', default: '127.0.0.1:0' },
      decisions: { type: 'string', default: '127.0.0.1:0' },
      identifier: { type: 'string', default: 'email' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
    },
  });
  const { data, content, listen, 'token-key': tokenKey, 'tls-cert': certificate, 'tls-key': key } = values;
  if (data === undefined || content === undefined || tokenKey === undefined) throw new Error(usage);
  const tls = certificate && key ? { certificate: readFileSync(certificate), key: readFileSync(key) } : undefined;
  if (tls === undefined && !isLoopback(listen))
    throw new Error('`--listen` beyond loopback needs `--tls-cert` and `--tls-key`');
  if (!isLoopback(values.http)) throw new Error('`--http` must be a loopback address');
  if (!isLoopback(values.decisions)) throw new Error('`--decisions` must be a loopback address');
  return {
    dataDirectory: data,
    listen,
    httpHost: '127.0.0.1',
    httpPort: Number(values.http.slice(values.http.lastIndexOf(':') + 1)),
    decisions: values.decisions,
    identifier: values.identifier,
    contentPath: content,
    tls,
    tokenKey: tokenKeyReader(tokenKey),
  };
}

function isLoopback(address: string): boolean {
  return /^(127\.0\.0\.1|localhost):\d+$/u.test(address);
}

/** Reads the token key, now or as soon as its file is there. */
export function tokenKeyReader(source: string): () => Buffer | undefined {
  let key = /^[0-9a-f]{64}$/iu.test(source) ? Buffer.from(source, 'hex') : undefined;
  return () => {
    if (key === undefined && existsSync(source)) {
      const read = Buffer.from(readFileSync(source, 'utf8').trim(), 'hex');
      if (read.length === tokenKeyBytes) key = read;
    }
    return key;
  };
}
