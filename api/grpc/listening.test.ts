import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, credentials, loadPackageDefinition, makeGenericClientConstructor, status } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync } from '@grpc/proto-loader';
import { service as healthDefinition } from 'grpc-health-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeTestCertificates, type TestCertificates } from '../../test/fixtures/tls/test-certificates.ts';
import { answer, clientOf, errorOf, getQuery, never, startWorld, type World } from './testdata/grpc-world.ts';

describe('the listening side', () => {
  let pem: TestCertificates;
  beforeAll(async () => {
    pem = await makeTestCertificates(await mkdtemp(join(tmpdir(), 'galley-tls-')));
  });
  const tls = () => ({ certFile: pem.serverCertFile, keyFile: pem.serverKeyFile });

  it('speaks TLS to those who trust its authority', async () => {
    const world = await startWorld({ get: answer }, { tls: tls() });
    await getQuery(world, { channel: credentials.createSsl(await readFile(pem.caFile)) });
    const untrusting = getQuery(world, { channel: credentials.createSsl() });
    expect((await errorOf(untrusting)).code).toBe(status.UNAVAILABLE);
    const plain = getQuery(world, { channel: credentials.createInsecure() });
    expect((await errorOf(plain)).code).toBe(status.UNAVAILABLE);
  });

  it('lets in only known certificates when mutual TLS is configured', async () => {
    const world = await startWorld({ get: answer }, { tls: { ...tls(), clientCaFile: pem.caFile } });
    const ca = await readFile(pem.caFile);
    const known = credentials.createSsl(ca, await readFile(pem.clientKeyFile), await readFile(pem.clientCertFile));
    await getQuery(world, { channel: known });
    expect((await errorOf(getQuery(world, { channel: credentials.createSsl(ca) }))).code).toBe(status.UNAVAILABLE);
    const other = await makeTestCertificates(await mkdtemp(join(tmpdir(), 'galley-tls-')));
    const strange = credentials.createSsl(
      ca,
      await readFile(other.clientKeyFile),
      await readFile(other.clientCertFile),
    );
    expect((await errorOf(getQuery(world, { channel: strange }))).code).toBe(status.UNAVAILABLE);
  });

  it('says which file of its TLS cannot be used', async () => {
    await expect(startWorld({}, { tls: { ...tls(), keyFile: '/nowhere.key' } })).rejects.toMatchObject({
      field: 'tls.keyFile',
    });
    await expect(startWorld({}, { tls: { ...tls(), keyFile: pem.caFile } })).rejects.toMatchObject({ field: 'tls' });
  });

  it('answers health without a token, service by service', async () => {
    const world = await startWorld();
    const make = makeGenericClientConstructor(healthDefinition, 'Health') as unknown as typeof Client;
    const client = clientOf(make, world) as Client & {
      check: (request: object, done: (error: unknown, answer: { status: string }) => void) => void;
    };
    for (const service of ['', 'galley.v1.QueryService', 'galley.v1.UploadService']) {
      const health = await new Promise((resolve) => client.check({ service }, (_, reply) => resolve(reply.status)));
      expect(health).toBe('SERVING');
    }
  });

  it('describes its contract to a client that was not built with it', async () => {
    const world = await startWorld();
    const image = await readFile(new URL('../../proto/gen/image.binpb', import.meta.url));
    expect(Object.keys(loadFileDescriptorSetFromBuffer(image))).toContain('galley.v1.QueryService');
    expect(await listServices(world)).toEqual(
      expect.arrayContaining(['galley.v1.QueryService', 'galley.v1.AuditService']),
    );
  });

  it('lets a call under way end when it stops, and takes no other', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const world = await startWorld({
      get: async () => {
        begin();
        await released;
        return answer();
      },
    });
    const underWay = getQuery(world);
    await begun;
    const drained = world.server.drain(5_000);
    expect((await errorOf(getQuery(world))).code).toBe(status.UNAVAILABLE);
    release();
    await underWay;
    await drained;
  });

  it('cancels what has not ended when its grace is over', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const world = await startWorld({
      get: async () => {
        begin();
        return await never();
      },
    });
    const underWay = errorOf(getQuery(world));
    await begun;
    await world.server.drain(50);
    expect((await underWay).code).toBe(status.UNAVAILABLE);
  });
});

// The reflection protocol, spoken with the descriptor that ships with the package, as grpcurl would.
async function listServices(world: World): Promise<string[]> {
  const file = new URL(
    '../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
    import.meta.url,
  );
  // biome-ignore lint/suspicious/noExplicitAny: the client is made at run time, from the package's own proto
  const grpcPackage = loadPackageDefinition(loadSync(file.pathname)) as any;
  const client = clientOf(grpcPackage.grpc.reflection.v1.ServerReflection, world) as Client & {
    serverReflectionInfo: () => NodeJS.ReadWriteStream;
  };
  const stream = client.serverReflectionInfo();
  const answered = new Promise<{ listServicesResponse: { service: { name: string }[] } }>((resolve) => {
    stream.once('data', resolve);
  });
  stream.write({ listServices: '' } as never);
  const reply = await answered;
  stream.end();
  return reply.listServicesResponse.service.map((service) => service.name);
}
