import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';

const TOKEN_SECONDS = 3_600;

/** Who a token says its bearer is. */
export interface Bearer {
  readonly principal: string;
  readonly member: string;
  readonly role: 'operator' | 'platform' | 'brand' | 'isv' | 'auditor';
}

/** What a token says beside its bearer; each field replaces what a good token has. */
export interface TokenFields {
  readonly claims?: JWTPayload;
  readonly expiresInSeconds?: number;
  readonly type?: string;
  /** Signed by a key that the service has never seen, under the name of the one it knows. */
  readonly isForged?: boolean;
}

/** Signs a token with the key of the embedded issuer of a data directory, as whoever steals that key could. */
export async function signToken(dataDirectory: string, bearer: Bearer, fields: TokenFields = {}): Promise<string> {
  const file = readFileSync(join(dataDirectory, 'keys', 'issuer.private.json'), 'utf8');
  const key = (JSON.parse(file) as { keys: JWK[] }).keys.at(-1);
  if (key?.kid === undefined) throw new Error('the embedded issuer has no key');
  const signingKey = fields.isForged ? (await generateKeyPair('ES256')).privateKey : await importJWK(key, 'ES256');
  const nowSeconds = Math.floor(Date.now() / 1000);
  const scope = bearer.role === 'auditor' ? { collaborations: '*' } : {};
  const claims = { iss: 'galley:local', aud: 'galley', sub: bearer.principal, iat: nowSeconds };
  return await new SignJWT({ ...claims, member: bearer.member, role: bearer.role, ...scope, ...fields.claims })
    .setProtectedHeader({ alg: 'ES256', typ: fields.type ?? 'at+jwt', kid: key.kid })
    .setExpirationTime(nowSeconds + (fields.expiresInSeconds ?? TOKEN_SECONDS))
    .sign(signingKey);
}
