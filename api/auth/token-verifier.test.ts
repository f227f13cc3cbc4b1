import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../config/index.ts';
import { openLocalIssuer, openTokenVerifier, type TokenVerifier } from './index.ts';

type Signer = { readonly kid: string; readonly privateKey: CryptoKey; readonly jwk: JWK };

const issuer = 'https://id.example';
const audience = 'galley';
const now = new Date('2026-01-01T00:00:00Z');
const nowSeconds = now.getTime() / 1000;
const goodClaims = {
  iss: issuer,
  aud: audience,
  sub: 'ana',
  iat: nowSeconds,
  exp: nowSeconds + 60,
  member: 'acme',
  role: 'brand',
};

async function makeSigner(kid: string): Promise<Signer> {
  const pair = await generateKeyPair('ES256');
  return { kid, privateKey: pair.privateKey, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256' } };
}

function sign(signer: Signer, claims: JWTPayload = goodClaims, header: { typ?: string } = { typ: 'at+jwt' }) {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: signer.kid, ...header }).sign(signer.privateKey);
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

function externalConfig(jwks: string): Pick<Config, 'dataDirectory' | 'issuer'> {
  return { dataDirectory: '/nowhere', issuer: { kind: 'external', issuer, audience, jwks, algorithms: ['ES256'] } };
}

async function verifierOf(...signers: readonly Signer[]): Promise<TokenVerifier & { file: string }> {
  const file = join(await mkdtemp(join(tmpdir(), 'galley-auth-')), 'jwks.json');
  await writeFile(file, JSON.stringify({ keys: signers.map((signer) => signer.jwk) }));
  return { ...openTokenVerifier(externalConfig(file), { now: () => now }), file };
}

async function assertRefuses(verifier: TokenVerifier, token: string, reason: string): Promise<void> {
  await expect(verifier.verify(token)).rejects.toMatchObject({ name: 'TokenRefused', reason });
}

describe('a token', () => {
  it('names principal, member and role', async () => {
    const signer = await makeSigner('k');
    const verifier = await verifierOf(signer);
    expect(await verifier.verify(await sign(signer))).toEqual({
      principal: 'ana',
      member: 'acme',
      role: 'brand',
      scopes: { collaborations: [] },
    });
  });

  it('names the collaborations an auditor may read', async () => {
    const signer = await makeSigner('k');
    const verifier = await verifierOf(signer);
    const auditor = { ...goodClaims, role: 'auditor' };
    const scoped = await verifier.verify(await sign(signer, { ...auditor, collaborations: ['c1', 'c2'] }));
    expect(scoped.scopes.collaborations).toEqual(['c1', 'c2']);
    const whole = await verifier.verify(await sign(signer, { ...auditor, collaborations: '*' }));
    expect(whole.scopes.collaborations).toBe('all');
  });

  it('is refused when it has expired, beyond what clocks may differ', async () => {
    const signer = await makeSigner('k');
    const verifier = await verifierOf(signer);
    await verifier.verify(await sign(signer, { ...goodClaims, exp: nowSeconds - 4 }));
    await assertRefuses(verifier, await sign(signer, { ...goodClaims, exp: nowSeconds - 6 }), 'expired');
    await assertRefuses(verifier, await sign(signer, { ...goodClaims, nbf: nowSeconds + 60 }), 'not-yet-valid');
  });

  it('is refused when another key forged it under a known id', async () => {
    const verifier = await verifierOf(await makeSigner('k'));
    await assertRefuses(verifier, await sign(await makeSigner('k')), 'signature');
  });

  it('is refused when a claim was changed under its signature', async () => {
    const signer = await makeSigner('k');
    const [header, , signature] = (await sign(signer)).split('.');
    const changed = `${header}.${encode({ ...goodClaims, role: 'operator' })}.${signature}`;
    await assertRefuses(await verifierOf(signer), changed, 'signature');
  });

  it('is refused when nobody signed it, or with the public key as a secret', async () => {
    const signer = await makeSigner('k');
    const verifier = await verifierOf(signer);
    const unsigned = `${encode({ alg: 'none', typ: 'at+jwt', kid: 'k' })}.${encode(goodClaims)}.`;
    await assertRefuses(verifier, unsigned, 'algorithm');
    const confused = await new SignJWT(goodClaims)
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k' })
      .sign(Buffer.from(JSON.stringify(signer.jwk)));
    await assertRefuses(verifier, confused, 'algorithm');
  });

  it('is refused when it is meant for another service or comes from another issuer', async () => {
    const signer = await makeSigner('k');
    const verifier = await verifierOf(signer);
    await assertRefuses(verifier, await sign(signer, { ...goodClaims, aud: 'mail' }), 'audience');
    await assertRefuses(verifier, await sign(signer, { ...goodClaims, iss: 'https://evil.example' }), 'issuer');
  });

  it('is refused when it is an identity token, or has no type', async () => {
    const signer = await makeSigner('k');
    const verifier = await verifierOf(signer);
    await assertRefuses(verifier, await sign(signer, goodClaims, { typ: 'JWT' }), 'type');
    await assertRefuses(verifier, await sign(signer, goodClaims, {}), 'type');
  });

  it.each(Object.keys(goodClaims))('is refused without the claim `%s`', async (claim) => {
    const signer = await makeSigner('k');
    const { [claim as keyof typeof goodClaims]: _, ...claims } = goodClaims;
    await assertRefuses(await verifierOf(signer), await sign(signer, claims), 'missing-claim');
  });

  it('is refused with a member, role or scope that cannot be', async () => {
    const signer = await makeSigner('k');
    const verifier = await verifierOf(signer);
    const bad = [
      { member: 'Acme' },
      { member: "x' or 1" },
      { member: 7 },
      { role: 'root' },
      { role: ['brand'] },
      { sub: '' },
      { sub: 'a\nb' },
      { collaborations: 'all' },
      { collaborations: [1] },
    ];
    for (const claims of bad) {
      await assertRefuses(verifier, await sign(signer, { ...goodClaims, ...claims } as JWTPayload), 'bad-claim');
    }
  });

  it('is refused when it is no token, and nothing of it is echoed', async () => {
    const verifier = await verifierOf(await makeSigner('k'));
    for (const token of ['', 'swordfish', 'a.b.c', '..', `${'x'.repeat(20_000)}.y.z`]) {
      await assertRefuses(verifier, token, 'malformed');
    }
    await expect(verifier.verify('swordfish')).rejects.not.toThrow(/swordfish/);
  });
});

describe('a rotated key', () => {
  it('is taken as soon as the file names it, and refused as soon as it does not', async () => {
    const [older, newer] = [await makeSigner('older'), await makeSigner('newer')];
    const verifier = await verifierOf(older);
    await assertRefuses(verifier, await sign(newer), 'unknown-key');
    await writeFile(verifier.file, JSON.stringify({ keys: [older.jwk, newer.jwk] }));
    await verifier.verify(await sign(newer));
    await verifier.verify(await sign(older));
    await writeFile(verifier.file, JSON.stringify({ keys: [newer.jwk] }));
    await assertRefuses(verifier, await sign(older), 'unknown-key');
  });

  it('lets nobody in while the file is broken', async () => {
    const signer = await makeSigner('k');
    const verifier = await verifierOf(signer);
    await verifier.verify(await sign(signer));
    await writeFile(verifier.file, '{');
    await expect(verifier.verify(await sign(signer))).rejects.toMatchObject({ name: 'KeysUnavailable' });
  });
});

describe('keys at an address', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  it('are fetched once, and again for a key that is not known yet', async () => {
    const [older, newer] = [await makeSigner('older'), await makeSigner('newer')];
    let keys = [older.jwk];
    let fetchCount = 0;
    server = createServer((_, response) => {
      fetchCount += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const verifier = openTokenVerifier(externalConfig(address), { now: () => now, refetchPauseMs: 0 });
    await verifier.verify(await sign(older));
    await verifier.verify(await sign(older));
    expect(fetchCount).toBe(1);
    keys = [newer.jwk];
    await verifier.verify(await sign(newer));
    expect(fetchCount).toBe(2);
    await assertRefuses(verifier, await sign(older), 'unknown-key');
  });

  it('let nobody in while the issuer is away', async () => {
    const signer = await makeSigner('k');
    const verifier = openTokenVerifier(externalConfig('http://127.0.0.1:1/jwks'));
    await expect(verifier.verify(await sign(signer))).rejects.toMatchObject({ name: 'KeysUnavailable' });
  });
});

describe('the embedded issuer', () => {
  const mint = { principal: 'ana', member: 'acme', role: 'brand', ttlSeconds: 60, now } as const;
  const openBoth = async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'galley-auth-'));
    const config = { dataDirectory, issuer: { kind: 'local' } } as const;
    return {
      config,
      local: await openLocalIssuer(config),
      verifier: openTokenVerifier(config, { now: () => now }),
    };
  };

  it('mints tokens that the verifier takes, until they expire', async () => {
    const { config, local, verifier } = await openBoth();
    const token = await local.mint({ ...mint, role: 'auditor', collaborations: 'all' });
    expect(await verifier.verify(token)).toMatchObject({ member: 'acme', scopes: { collaborations: 'all' } });
    const later = openTokenVerifier(config, { now: () => new Date(now.getTime() + 66_000) });
    await assertRefuses(later, token, 'expired');
  });

  it('keeps older tokens good after a rotation, until their key is removed', async () => {
    const { config, local, verifier } = await openBoth();
    const older = await local.mint(mint);
    const [olderKey = ''] = await local.keyIds();
    const newerKey = await local.rotate();
    const newer = await (await openLocalIssuer(config)).mint(mint);
    await verifier.verify(older);
    await verifier.verify(newer);
    await expect(local.remove(newerKey)).rejects.toThrow(RangeError);
    await local.remove(olderKey);
    await assertRefuses(verifier, older, 'unknown-key');
    await verifier.verify(newer);
  });

  it('publishes no private part and lets only its owner read the rest', async () => {
    const { config, local } = await openBoth();
    await local.rotate();
    const published = JSON.parse(await readFile(join(config.dataDirectory, 'keys', 'issuer.jwks.json'), 'utf8'));
    expect(published.keys).toHaveLength(2);
    for (const key of published.keys) expect(key).not.toHaveProperty('d');
    const secret = await stat(join(config.dataDirectory, 'keys', 'issuer.private.json'));
    expect(secret.mode & 0o777).toBe(0o600);
  });

  it('refuses to run when a real issuer is configured', async () => {
    const refusal = openLocalIssuer(externalConfig('/nowhere/jwks.json'));
    await expect(refusal).rejects.toMatchObject({ name: 'ConfigRefused', field: 'issuer' });
  });

  it('refuses to mint for a name no member can have, or for ever', async () => {
    const { local } = await openBoth();
    await expect(local.mint({ ...mint, member: 'Acme' })).rejects.toThrow(RangeError);
    await expect(local.mint({ ...mint, ttlSeconds: 100_000 })).rejects.toThrow(RangeError);
  });
});
