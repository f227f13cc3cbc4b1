import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasets, uploads } from '../../proto/index.ts';
import { brokenStream, bytesFrom, sendBytes, sendMessages, sha256Of } from '../support/raw-uploads.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { createDataset, mailingsColumns } from '../support/service-table.ts';

const { RECEIVING, RECEIVED, PUBLISHED } = uploads.UploadState;
const { APPEND, REPLACE } = datasets.SnapshotMode;
const MIB = 1_048_576;
const layout = { format: datasets.FileFormat.CSV, encoding: '', delimiter: '', quote: '', nullWords: [] };

let stage: ServiceStage;
beforeAll(async () => {
  stage = await ServiceStage.open({ limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
});
afterAll(() => stage[Symbol.asyncDispose]());

const client = () => stage.as('brand').uploads;
const csvOf = (rows: number, word = 'mens') =>
  Buffer.from(`email,arm,tier\n${Array.from({ length: rows }, (_, i) => `p${i}@example.com,${word},${i}\n`).join('')}`);

async function begin(declared?: Uint8Array): Promise<string> {
  const declaredBytes = BigInt(declared?.length ?? 0);
  return (await client().begin({ requestId: randomUUID(), declaredBytes })).uploadId;
}

async function whole(bytes: Uint8Array): Promise<string> {
  const uploadId = await begin(bytes);
  await sendBytes(client(), uploadId, bytes);
  await client().complete({ uploadId, byteCount: BigInt(bytes.length), sha256: sha256Of(bytes) });
  return uploadId;
}

const newDataset = async () => (await createDataset(stage, 'brand', mailingsColumns)).datasetId;

describe('an upload', () => {
  it('goes on under its name from where it ends, and is whole when its bytes are', async () => {
    const bytes = randomBytes(3 * MIB);
    const requestId = randomUUID();
    const begun = await client().begin({ requestId, declaredBytes: BigInt(bytes.length), fileName: 'rows.csv' });
    expect(begun).toMatchObject({ state: RECEIVING, committedBytes: 0n, fileName: 'rows.csv' });
    await sendBytes(client(), begun.uploadId, bytes.subarray(0, MIB));
    const found = await client().begin({ requestId });
    expect(found).toMatchObject({ uploadId: begun.uploadId, committedBytes: BigInt(MIB) });
    await sendBytes(client(), begun.uploadId, bytes, MIB);
    const request = { uploadId: begun.uploadId, byteCount: BigInt(bytes.length), sha256: sha256Of(bytes) };
    expect(await client().complete(request)).toMatchObject({ state: RECEIVED, committedBytes: BigInt(bytes.length) });
    expect(await client().complete(request)).toMatchObject({ state: RECEIVED });
    await expectRefused(sendBytes(client(), begun.uploadId, bytes, bytes.length), 'CONFLICT');
  });

  it('keeps what came of a stream that broke off, and the refusal of a wrong offset names the right one', async () => {
    const bytes = randomBytes(2 * MIB);
    const uploadId = await begin(bytes);
    await brokenStream(stage, uploadId, bytes.subarray(0, MIB));
    await expect.poll(async () => (await client().get(uploadId)).committedBytes).toBe(BigInt(MIB));
    const refusal = await expectRefused(sendBytes(client(), uploadId, bytes, 5), 'WRONG_OFFSET');
    expect(refusal).toMatchObject({ code: 'OUT_OF_RANGE', metadata: { offset: String(MIB) } });
    await sendBytes(client(), uploadId, bytes, Number(refusal.metadata.offset));
    await client().complete({ uploadId, byteCount: BigInt(bytes.length), sha256: sha256Of(bytes) });
  });

  it('is taken over by whoever sends later, with all that the earlier stream had brought', async () => {
    const bytes = randomBytes(10 * MIB);
    const uploadId = await begin(bytes);
    const earlier = sendBytes(client(), uploadId, bytesFrom(bytes.subarray(0, 9 * MIB), { isEndless: true }));
    const ended = expectRefused(earlier, 'TAKEN_OVER');
    await expect
      .poll(async () => (await client().get(uploadId)).committedBytes, { timeout: 45_000 })
      .toBe(BigInt(8 * MIB));
    const refusal = await expectRefused(sendBytes(client(), uploadId, bytes, 7), 'WRONG_OFFSET');
    await ended;
    const offset = Number(refusal.metadata.offset);
    expect(offset).toBeGreaterThanOrEqual(8 * MIB);
    await sendBytes(client(), uploadId, bytes, offset);
    await client().complete({ uploadId, byteCount: BigInt(bytes.length), sha256: sha256Of(bytes) });
  });

  it('takes no more bytes than were said', async () => {
    const uploadId = await begin(Buffer.alloc(1000));
    await expectRefused(sendBytes(client(), uploadId, Buffer.alloc(1001)), 'INVALID_REQUEST');
    const undeclared = await begin();
    const header = { part: { $case: 'header' as const, value: { uploadId: undeclared, offset: 0n } } };
    const large = { part: { $case: 'chunk' as const, value: Buffer.alloc(2 * MIB) } };
    await expectRefused(sendMessages(stage, [header, large]), 'INVALID_REQUEST');
    await expectRefused(client().begin({ requestId: randomUUID(), declaredBytes: 2n ** 40n }), 'INVALID_REQUEST');
  });

  it('is not whole with bytes missing, or with others than were sent', async () => {
    const bytes = randomBytes(MIB);
    const uploadId = await begin();
    await sendBytes(client(), uploadId, bytes.subarray(0, 1000));
    const request = { uploadId, byteCount: BigInt(bytes.length), sha256: sha256Of(bytes) };
    const refusal = await expectRefused(client().complete(request), 'WRONG_OFFSET');
    expect(refusal.metadata.offset).toBe('1000');
    await sendBytes(client(), uploadId, bytes, 1000);
    const other = await expectRefused(client().complete({ ...request, sha256: Buffer.alloc(32) }), 'UPLOAD_REFUSED');
    expect(other.metadata.reason).toBe('digest');
    expect(await client().complete(request)).toMatchObject({ state: RECEIVED });
    await expectRefused(client().complete({ ...request, sha256: Buffer.alloc(32) }), 'CONFLICT');
  });

  it('under a name that was used for another file is refused', async () => {
    const requestId = randomUUID();
    await client().begin({ requestId, declaredBytes: 10n, sha256: sha256Of(Buffer.from('a')) });
    await expectRefused(client().begin({ requestId, declaredBytes: 11n }), 'CONFLICT');
    await expectRefused(client().begin({ requestId, sha256: sha256Of(Buffer.from('b')) }), 'CONFLICT');
    await expectRefused(client().begin({ requestId: '' }), 'INVALID_REQUEST');
    await expectRefused(client().begin({ requestId: 'x'.repeat(129) }), 'INVALID_REQUEST');
  });

  it('of one member is nothing to another, even under the same name', async () => {
    const requestId = randomUUID();
    const mine = await client().begin({ requestId });
    const theirs = await stage.as('platform').uploads.begin({ requestId });
    expect(theirs.uploadId).not.toBe(mine.uploadId);
    const { uploads: platform } = stage.as('platform');
    const { uploadId } = mine;
    await expectRefused(platform.get(uploadId), 'NOT_FOUND');
    await expectRefused(sendBytes(platform, uploadId, Buffer.from('x')), 'NOT_FOUND');
    await expectRefused(platform.complete({ uploadId, byteCount: 0n, sha256: Buffer.alloc(32) }), 'NOT_FOUND');
    await expectRefused(platform.abandon(uploadId), 'NOT_FOUND');
    await expectRefused(platform.inspect({ uploadId, layout }), 'NOT_FOUND');
    expect((await platform.list()).map((one) => one.uploadId)).not.toContain(uploadId);
    await expectRefused(stage.as('isv').uploads.begin({ requestId }), 'PERMISSION_DENIED');
    await expectRefused(stage.as('auditor').uploads.list(), 'PERMISSION_DENIED');
  });

  it('that is abandoned is gone with its bytes, and its name is free', async () => {
    const requestId = randomUUID();
    const { uploadId } = await client().begin({ requestId });
    await sendBytes(client(), uploadId, randomBytes(MIB));
    const folder = join(stage.dataDirectory, 'originals', uploadId);
    expect(existsSync(folder)).toBe(true);
    await client().abandon(uploadId);
    expect(existsSync(folder)).toBe(false);
    await expectRefused(client().get(uploadId), 'NOT_FOUND');
    expect((await client().begin({ requestId })).committedBytes).toBe(0n);
  });
});

describe('a hostile stream', () => {
  const header = (uploadId: string) => ({ part: { $case: 'header' as const, value: { uploadId, offset: 0n } } });
  const chunk = { part: { $case: 'chunk' as const, value: Buffer.from('email\n') } };

  it('is refused without a header, with two, with an empty message, and without an end', async () => {
    const uploadId = await begin();
    const streams: uploads.SendUploadRequest[][] = [
      [chunk],
      [],
      [header(uploadId), header(uploadId)],
      [header(uploadId), { part: undefined }],
      [header(uploadId), chunk],
    ];
    for (const stream of streams) {
      const { uploadId: other } = await client().begin({ requestId: randomUUID() });
      const parts = stream.map((m) => (m.part?.$case === 'header' ? header(other) : m));
      await expectRefused(sendMessages(stage, parts), 'INVALID_REQUEST');
    }
    await expectRefused(sendMessages(stage, [header('up-none')]), 'NOT_FOUND');
  });
});

describe('a publication', () => {
  it('replaces or appends, and answers an upload that is published with its snapshot', async () => {
    const datasetId = await newDataset();
    const first = await whole(csvOf(100));
    const request = { uploadId: first, datasetId, mode: REPLACE, tolerance: undefined, layout };
    const { snapshot } = await client().publish(request);
    expect(snapshot).toMatchObject({ rowCount: 100n, partCount: 1, mode: REPLACE });
    const again = await client().publish({ ...request, mode: APPEND });
    expect(again.snapshot?.snapshotId).toBe(snapshot?.snapshotId);
    await expectRefused(client().publish({ ...request, datasetId: await newDataset() }), 'CONFLICT');
    await expectRefused(client().abandon(first), 'CONFLICT');
    expect(await client().get(first)).toMatchObject({ state: PUBLISHED, datasetId, expiresAt: undefined });

    const second = await whole(csvOf(50));
    const appended = await client().publish({ ...request, uploadId: second, mode: APPEND });
    expect(appended.snapshot).toMatchObject({ rowCount: 150n, partCount: 2, mode: APPEND });
    const third = await whole(csvOf(7));
    expect((await client().publish({ ...request, uploadId: third })).snapshot).toMatchObject({ rowCount: 7n });
  });

  it('of several at once appends each of them, once', async () => {
    const datasetId = await newDataset();
    const ids = await Promise.all([1, 2, 3, 4].map((n) => whole(csvOf(n * 10))));
    const terms = { datasetId, mode: APPEND, tolerance: undefined, layout };
    const calls = [...ids, ...ids].map((uploadId) => client().publish({ uploadId, ...terms }));
    await Promise.all(calls);
    const { snapshots } = await stage.as('brand').datasets.get(datasetId);
    expect(snapshots).toHaveLength(4);
    expect(snapshots.at(-1)).toMatchObject({ rowCount: 100n, partCount: 4 });
  });

  it('needs the whole upload, and a format', async () => {
    const datasetId = await newDataset();
    const uploadId = await begin();
    const terms = { datasetId, mode: REPLACE, tolerance: undefined };
    await expectRefused(client().publish({ uploadId, ...terms, layout }), 'INVALID_REQUEST');
    const ready = await whole(csvOf(3));
    await expectRefused(client().publish({ uploadId: ready, ...terms, layout: undefined }), 'INVALID_REQUEST');
    await expectRefused(stage.as('platform').uploads.publish({ uploadId: ready, ...terms, layout }), 'NOT_FOUND');
  });

  it('goes on when nobody waits for it any more', async () => {
    const datasetId = await newDataset();
    const uploadId = await whole(csvOf(60_000));
    const terms = { datasetId, mode: REPLACE, tolerance: undefined, layout };
    const impatient = await stage.clientWith('brand');
    const left = impatient.uploads.publish({ uploadId, ...terms }).catch(() => undefined);
    await sleep(50);
    impatient[Symbol.dispose]();
    await left;
    const { snapshot } = await client().publish({ uploadId, ...terms });
    expect(snapshot?.rowCount).toBe(60_000n);
    expect((await stage.as('brand').datasets.get(datasetId)).snapshots).toHaveLength(1);
  });
});

describe('bad rows', () => {
  const file = Buffer.from(
    [
      'email,arm,tier',
      ...Array.from({ length: 200 }, (_, i) => {
        if (i === 7) return 'nobody,mens,1';
        return `p${i}@example.com,mens,${i % 20 === 0 ? 'none' : i}`;
      }),
      '',
    ].join('\n'),
  );

  it('are counted by column and reason, and tolerated by number or by share', async () => {
    const datasetId = await newDataset();
    const uploadId = await whole(file);
    const terms = { uploadId, datasetId, mode: REPLACE, layout };
    const told: datasets.RejectReport[] = [];
    const refused = (report: datasets.RejectReport | undefined) => void (report && told.push(report));
    for (const tolerance of [{ rows: 10n, share: 0 }, { rows: 0n, share: 0.054 }, undefined]) {
      const refusal = await expectRefused(client().publish({ ...terms, tolerance }, { refused }), 'UPLOAD_REFUSED');
      expect(refusal.metadata.reason).toBe('too-many-rejects');
    }
    const counts = [
      { column: 'tier', reason: 'not-an-integer', count: 10n },
      { column: 'email', reason: 'not-an-identifier', count: 1n },
    ];
    expect(told).toHaveLength(3);
    expect(told[1]).toMatchObject({ rejectedCount: 11n, counts });
    const { snapshot, rejects } = await client().publish({ ...terms, tolerance: { rows: 0n, share: 0.055 } });
    expect(snapshot).toMatchObject({ rowCount: 189n, rejectedCount: 11n });
    expect(rejects).toMatchObject({ rejectedCount: 11n, counts });
    expect(rejects?.rejects[0]).toEqual({ line: 2n, column: 'tier', reason: 'not-an-integer' });
  });

  it('are all found by a dry run, which says what would be published and keeps nothing', async () => {
    const datasetId = await newDataset();
    await client().publish({ uploadId: await whole(csvOf(5)), datasetId, mode: REPLACE, tolerance: undefined, layout });
    const uploadId = await whole(file);
    const parts = () => readdirSync(join(stage.dataDirectory, 'parts')).toSorted();
    const before = parts();
    const terms = { uploadId, datasetId, mode: APPEND, layout };
    expect(await client().check({ ...terms, tolerance: undefined })).toMatchObject({
      publishable: false,
      mode: APPEND,
      rowCount: 189n,
      rowsAfter: 194n,
      rejects: { rejectedCount: 11n },
      identifiers: [{ column: 'email', rowCount: 189n }],
    });
    expect(await client().check({ ...terms, tolerance: { rows: 11n, share: 0 } })).toMatchObject({ publishable: true });
    expect(parts()).toEqual(before);
    expect(await client().get(uploadId)).toMatchObject({ state: RECEIVED });
  });
});

describe('a service that is killed', () => {
  it('has what it said it has, and the rest is sent from there', { timeout: 240_000 }, async () => {
    const bytes = Buffer.concat([csvOf(500_000), csvOf(500_000).subarray(15)]);
    const digest = createHash('sha256').update(bytes).digest();
    const requestId = randomUUID();
    const datasetId = await newDataset();
    let sent = 0;
    let offset = 0;
    let lost = 0;
    for (let life = 0; life < 3; life += 1) {
      const { uploadId } = await client().begin({ requestId, declaredBytes: BigInt(bytes.length) });
      const counted = bytesFrom(bytes.subarray(offset), { onSent: (n) => (sent += n), isSlow: true });
      const sending = client()
        .send(uploadId, offset, counted)
        .catch(() => undefined);
      await expect
        .poll(async () => Number((await client().get(uploadId)).committedBytes) - offset, {
          timeout: 60_000,
          interval: 5,
        })
        .toBeGreaterThan(0);
      // First the service, then its clients: they shall not have hung up before.
      await stage.service.end('SIGKILL');
      await sending;
      await stage.crash();
      const { committedBytes } = await client().begin({ requestId });
      expect(Number(committedBytes) % (8 * MIB)).toBe(0);
      lost += sent - (Number(committedBytes) - offset);
      sent = 0;
      offset = Number(committedBytes);
    }
    // Under way and unsealed: a segment, and what the connection holds.
    expect(lost).toBeLessThan(3 * 24 * MIB);
    const { uploadId } = await client().begin({ requestId });
    await sendBytes(client(), uploadId, bytes, offset);
    expect(await client().complete({ uploadId, byteCount: BigInt(bytes.length), sha256: digest })).toMatchObject({
      state: RECEIVED,
    });
    const terms = { uploadId, datasetId, mode: REPLACE, tolerance: undefined, layout };
    const cut = client()
      .publish(terms)
      .catch(() => undefined);
    await sleep(300);
    await stage.crash();
    await cut;
    expect((await client().publish(terms)).snapshot?.rowCount).toBe(1_000_000n);
    expect((await stage.as('brand').datasets.get(datasetId)).snapshots).toHaveLength(1);
  });
});
