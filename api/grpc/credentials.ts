import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { type Config, ConfigRefused, isLoopback, parseListenAddress } from '../config/index.ts';

/**
 * Reads the listening side's credentials: none on loopback, TLS, or mutual TLS when a client authority is named.
 *
 * @throws {ConfigRefused} when a file cannot be read or does not fit, or TLS is missing where others can connect
 */
export async function readCredentials({
  tls,
  listenAddress,
}: Pick<Config, 'tls' | 'listenAddress'>): Promise<ServerCredentials> {
  if (tls === null) {
    // Checked again here, where it counts, whatever made the configuration.
    if (isLoopback(parseListenAddress(listenAddress).host)) return ServerCredentials.createInsecure();
    throw new ConfigRefused('tls', 'without TLS the service listens on loopback addresses only');
  }
  const keyPair = {
    cert_chain: await readPem('tls.certFile', tls.certFile),
    private_key: await readPem('tls.keyFile', tls.keyFile),
  };
  if (tls.clientCaFile === undefined) return createTls(null, keyPair);
  return createTls(await readPem('tls.clientCaFile', tls.clientCaFile), keyPair);
}

function createTls(clientCa: Buffer | null, keyPair: { cert_chain: Buffer; private_key: Buffer }): ServerCredentials {
  try {
    // Tried here, for grpc-js would fail only when it binds.
    createSecureContext({ cert: keyPair.cert_chain, key: keyPair.private_key, ...(clientCa && { ca: clientCa }) });
    return ServerCredentials.createSsl(clientCa, [keyPair], clientCa !== null);
  } catch {
    // OpenSSL's words may quote the key file.
    throw new ConfigRefused('tls', '`tls.certFile` and `tls.keyFile` do not hold a certificate and its key');
  }
}

async function readPem(field: string, file: string): Promise<Buffer> {
  return await readFile(file).catch(() => {
    throw new ConfigRefused(field, `\`${file}\`, named by \`${field}\`, cannot be read`);
  });
}
