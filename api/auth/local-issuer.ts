// For trying Galley out, and for one machine without an identity provider. Whoever reads the private file can be
// anybody.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { type Config, ConfigRefused } from '../config/index.ts';
import { createDurably, makePrivateDirectory, writeDurably } from '../vault/index.ts';
import { LOCAL_ALGORITHM, LOCAL_AUDIENCE, LOCAL_ISSUER_NAME, privateKeyFile, publicKeyFile } from './local-trust.ts';
import { type AuditScope, memberPattern, type Role } from './principal.ts';
import { ACCESS_TOKEN_TYPE } from './token-verifier.ts';

/** What a token shall say. */
export type Mint = {
  readonly principal: string;
  readonly member: string;
  readonly role: Role;
  /** How long it is good for; at most a day. */
  readonly ttlSeconds: number;
  readonly now: Date;
  /** For auditors: which collaborations they may read. */
  readonly collaborations?: AuditScope;
};

/** The embedded token issuer. */
export type LocalIssuer = {
  /** Signs an access token with the newest key. @throws {RangeError} when a field cannot stand in a token */
  readonly mint: (mint: Mint) => Promise<string>;
  /** Makes a new key and signs with it from now on; tokens of older keys stay good. Answers the new key's id. */
  readonly rotate: () => Promise<string>;
  /** Forgets an older key: its tokens are refused from the next call on. @throws {RangeError} for the newest key */
  readonly remove: (keyId: string) => Promise<void>;
  /** The ids of all keys, the newest last. */
  readonly keyIds: () => Promise<readonly string[]>;
};

type PrivateKey = JWK & { readonly kid: string };

/** A day: a token for trying out need not outlive the trial. */
const MAX_TOKEN_SECONDS = 86_400;

/**
 * Opens the embedded issuer, and makes its first key when there is none.
 *
 * @throws {ConfigRefused} when a real issuer is configured: two sources of identity are one too many
 */
export async function openLocalIssuer(config: Pick<Config, 'dataDirectory' | 'issuer'>): Promise<LocalIssuer> {
  if (config.issuer.kind !== 'local') {
    throw new ConfigRefused(
      'issuer',
      `tokens come from \`${config.issuer.issuer}\`, so the embedded issuer does not run; ask that issuer for one`,
    );
  }
  const { dataDirectory } = config;
  await makePrivateDirectory(dirname(privateKeyFile(dataDirectory)));
  await createDurably(privateKeyFile(dataDirectory), encode([await makeKey()]));
  await publish(dataDirectory, await readKeys(dataDirectory));
  return {
    mint: async (mint) => sign(mint, await readKeys(dataDirectory)),
    rotate: async () => {
      const key = await makeKey();
      await replaceKeys(dataDirectory, [...(await readKeys(dataDirectory)), key]);
      return key.kid;
    },
    remove: async (keyId) => {
      const keys = await readKeys(dataDirectory);
      if (keys.at(-1)?.kid === keyId) throw new RangeError('the newest key signs; rotate before it is removed');
      await replaceKeys(
        dataDirectory,
        keys.filter((key) => key.kid !== keyId),
      );
    },
    keyIds: async () => (await readKeys(dataDirectory)).map((key) => key.kid),
  };
}

async function makeKey(): Promise<PrivateKey> {
  const pair = await generateKeyPair(LOCAL_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: LOCAL_ALGORITHM, use: 'sig' };
}

async function readKeys(dataDirectory: string): Promise<readonly PrivateKey[]> {
  const set = JSON.parse(await readFile(privateKeyFile(dataDirectory), 'utf8')) as { keys: readonly PrivateKey[] };
  return set.keys;
}

// The private file goes first: a crash in between leaves a key that signs nothing yet, and the next start publishes it.
async function replaceKeys(dataDirectory: string, keys: readonly PrivateKey[]): Promise<void> {
  await writeDurably(privateKeyFile(dataDirectory), encode(keys));
  await publish(dataDirectory, keys);
}

// Unchanged keys are not written again: a start must not undo the rotation of another process going on beside it.
async function publish(dataDirectory: string, keys: readonly PrivateKey[]): Promise<void> {
  // By name, so that no private member can slip through with a spread.
  const publicKeys = encode(keys.map(({ kty, crv, x, y, kid, alg, use }) => ({ kty, crv, x, y, kid, alg, use })));
  const published = await readFile(publicKeyFile(dataDirectory)).catch(() => undefined);
  if (published?.equals(publicKeys) !== true) await writeDurably(publicKeyFile(dataDirectory), publicKeys);
}

function encode(keys: readonly object[]): Uint8Array {
  return Buffer.from(`${JSON.stringify({ keys }, null, 2)}\n`);
}

async function sign(mint: Mint, keys: readonly PrivateKey[]): Promise<string> {
  const { principal, member, role, ttlSeconds, now, collaborations } = mint;
  if (!memberPattern.test(member)) throw new RangeError(`\`${member}\` is not the name of a member`);
  if (!(Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0 && ttlSeconds <= MAX_TOKEN_SECONDS)) {
    throw new RangeError(`a token lives from 1 to ${MAX_TOKEN_SECONDS} seconds`);
  }
  const key = keys.at(-1);
  if (key === undefined) throw new RangeError('the embedded issuer has no key');
  const scope = collaborations === 'all' ? '*' : collaborations;
  const issuedAtSeconds = Math.floor(now.getTime() / 1000);
  return await new SignJWT({ member, role, ...(scope === undefined ? {} : { collaborations: scope }) })
    .setProtectedHeader({ alg: LOCAL_ALGORITHM, typ: ACCESS_TOKEN_TYPE, kid: key.kid })
    .setIssuer(LOCAL_ISSUER_NAME)
    .setAudience(LOCAL_AUDIENCE)
    .setSubject(principal)
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + ttlSeconds)
    .sign(await importJWK(key, LOCAL_ALGORITHM));
}
