import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasets } from '../../proto/index.ts';
import { sendBytes, sha256Of } from '../support/raw-uploads.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { createDataset, mailingsColumns } from '../support/service-table.ts';

const MIB = 1_048_576;
const LONG_MS = 240_000;
const limits = { openUploadsPerMember: 3, stagedBytesPerMember: 4 * MIB, callsPerSecond: 1_000, burstCallCount: 1_000 };

let stage: ServiceStage;
beforeAll(async () => {
  stage = await ServiceStage.open({ limits });
});
afterAll(() => stage[Symbol.asyncDispose]());

const client = () => stage.as('brand').uploads;
const begin = async (declaredBytes = 0) =>
  (await client().begin({ requestId: randomUUID(), declaredBytes: BigInt(declaredBytes) })).uploadId;
const folderOf = (uploadId: string) => join(stage.dataDirectory, 'originals', uploadId);

async function restart(more: Readonly<Record<string, number>>): Promise<void> {
  await stage.end('SIGTERM');
  await stage.start({ limits: { ...limits, ...more } });
}

async function abandonAll(): Promise<void> {
  for (const { uploadId, state } of await client().list()) if (state !== 3) await client().abandon(uploadId);
}

describe('a member with much on its way', () => {
  it('has so many uploads open and no more, until one is given up', async () => {
    const ids = [await begin(), await begin(), await begin()];
    await expectRefused(begin(), 'STAGING_FULL');
    expect(await stage.as('platform').uploads.begin({ requestId: randomUUID() })).toBeDefined();
    await client().abandon(ids[0] ?? '');
    await begin();
    await abandonAll();
  });

  it('has so many bytes waiting and no more, said before or found on the way', async () => {
    await expectRefused(begin(4 * MIB + 1), 'STAGING_FULL');
    await sendBytes(client(), await begin(3 * MIB), randomBytes(3 * MIB));
    await expectRefused(begin(2 * MIB), 'STAGING_FULL');
    const second = await begin(MIB);
    await sendBytes(client(), second, randomBytes(MIB));
    await abandonAll();
    await sendBytes(client(), await begin(4 * MIB), randomBytes(4 * MIB));
    await abandonAll();
  });
});

describe('a disk', () => {
  it('that cannot be written to loses nothing, and its sender learns no more than that', {
    timeout: LONG_MS,
  }, async () => {
    const bytes = randomBytes(2 * MIB);
    const uploadId = await begin(bytes.length);
    await sendBytes(client(), uploadId, bytes.subarray(0, MIB));
    rmSync(folderOf(uploadId), { recursive: true });
    // A file where the folder should be: whatever is tried there fails, for root too.
    writeFileSync(folderOf(uploadId), '');
    const refusal = await expectRefused(sendBytes(client(), uploadId, bytes, MIB), 'STORAGE_FAILED');
    expect(refusal).toMatchObject({ code: 'UNAVAILABLE', retrySeconds: 30 });
    expect(refusal.message).not.toContain(uploadId);
    expect(stage.operatorLog()).toMatch(/could not be stored/);
    expect(await client().get(uploadId)).toMatchObject({ committedBytes: BigInt(MIB) });
    rmSync(folderOf(uploadId));
    mkdirSync(folderOf(uploadId));
    await sendBytes(client(), uploadId, bytes, MIB);
    expect(await client().get(uploadId)).toMatchObject({ committedBytes: BigInt(bytes.length) });
    await abandonAll();
  });

  it('that is nearly full takes no bytes, and what has arrived stays', { timeout: LONG_MS }, async () => {
    const bytes = randomBytes(MIB);
    const uploadId = await begin(bytes.length);
    await sendBytes(client(), uploadId, bytes.subarray(0, 1000));
    await restart({ diskReserveBytes: Number.MAX_SAFE_INTEGER });
    expect(await expectRefused(begin(), 'BUSY')).toMatchObject({ retrySeconds: 60 });
    await expectRefused(sendBytes(client(), uploadId, bytes, 1000), 'BUSY');
    expect(await client().get(uploadId)).toMatchObject({ committedBytes: 1000n });
    await restart({});
    await sendBytes(client(), uploadId, bytes, 1000);
    // The service was started in between: what it received before is read again to be compared.
    const request = { uploadId, byteCount: BigInt(MIB), sha256: sha256Of(bytes) };
    expect(await client().complete(request)).toMatchObject({ committedBytes: BigInt(MIB) });
    await abandonAll();
  });
});

describe('an upload that nobody goes on with', () => {
  it('goes away with its bytes, and a published one does not', { timeout: LONG_MS }, async () => {
    const bytes = Buffer.from('email,arm,tier\na@example.com,mens,1\n');
    const { datasetId } = await createDataset(stage, 'brand', mailingsColumns);
    const published = await begin();
    await sendBytes(client(), published, bytes);
    await client().complete({ uploadId: published, byteCount: BigInt(bytes.length), sha256: sha256Of(bytes) });
    const layout = { format: datasets.FileFormat.CSV, encoding: '', delimiter: '', quote: '', nullWords: [] };
    const mode = datasets.SnapshotMode.REPLACE;
    await client().publish({ uploadId: published, datasetId, mode, tolerance: undefined, layout });
    const left = await begin();
    await sendBytes(client(), left, bytes);
    expect(existsSync(folderOf(left))).toBe(true);
    await restart({ uploadLifeMs: 2_000 });
    await expect.poll(() => existsSync(folderOf(left)), { timeout: 60_000 }).toBe(false);
    await expectRefused(client().get(left), 'NOT_FOUND');
    expect(stage.operatorLog()).toContain('an upload that nobody went on with has expired');
    expect(await client().get(published)).toMatchObject({ datasetId });
    expect(existsSync(folderOf(published))).toBe(true);
  });
});
