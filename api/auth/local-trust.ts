import { join } from 'node:path';
import type { ExternalIssuerConfig } from '../config/index.ts';

/** The `iss` of tokens minted by the embedded issuer. */
export const LOCAL_ISSUER_NAME = 'galley:local';

/** The `aud` of tokens minted by the embedded issuer. */
export const LOCAL_AUDIENCE = 'galley';

/** The algorithm of the embedded issuer: short keys and signatures, and every stock client's library knows it. */
export const LOCAL_ALGORITHM = 'ES256';

/** Where the embedded issuer publishes its public keys. */
export function publicKeyFile(dataDirectory: string): string {
  return join(dataDirectory, 'keys', 'issuer.jwks.json');
}

/** Where the embedded issuer keeps its private keys. */
export function privateKeyFile(dataDirectory: string): string {
  return join(dataDirectory, 'keys', 'issuer.private.json');
}

/** The embedded issuer as the verifier sees it: like any other one, known by a file of keys. */
export function localIssuerTrust(dataDirectory: string): Omit<ExternalIssuerConfig, 'kind'> {
  return {
    issuer: LOCAL_ISSUER_NAME,
    audience: LOCAL_AUDIENCE,
    jwks: publicKeyFile(dataDirectory),
    algorithms: [LOCAL_ALGORITHM],
  };
}
