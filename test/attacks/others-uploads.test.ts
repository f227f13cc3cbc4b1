// The attack: somebody who is no party to an upload, or a member of the same agreement, gets hold of its id (from a log, a
// screen, a guess) and goes on with it: sends other bytes into it, publishes it as their own, looks into it, throws it away.
// Or the sender itself lies: places that are not there, names that are paths, layouts that contradict themselves, schemas
// as wide as they come, and files that swell when they are unpacked.
//
// The wall: an upload is its member's alone, and to everybody else there is none; what it is called is a word and never a
// path; a place that is not the upload's end is refused by name; and whatever a file says of itself is judged in a worker.
import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GalleyClient } from '../../cli/client/index.ts';
import { datasets, type uploads } from '../../proto/index.ts';
import { filesBelow, filesHolding } from '../support/service-files.ts';
import { mailings, mailingsCsv, outcomes } from '../support/service-people.ts';
import { expectRefused, refusalOf } from '../support/service-refusal.ts';
import { type Actor, cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { expectNothingDone } from '../support/service-standing.ts';
import { createDataset, setTable, type Table } from '../support/service-table.ts';

const others: readonly Actor[] = ['platform', 'outsider', 'isv'];
const file = Buffer.from(mailingsCsv());
const layout = datasets.FileLayout.create({ format: datasets.FileFormat.CSV });
const terms = { mode: datasets.SnapshotMode.REPLACE, tolerance: undefined, layout };
const LARGEST_OFFSET = 2 ** 53 - 1;
const BOMB_BYTES = 256 * 1_048_576;
/** Some refusals wait for a worker of the wall, on a machine that has other work. */
const MAX_TEST_MS = 120_000;
const MAX_COLUMNS = 1_000;
const MAX_IDENTIFIERS = 32;

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open({ limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}

/** A file of the brand, sent and said to be whole. */
async function sendWhole(bytes: Buffer = file, datasetId = table.mailingsId): Promise<string> {
  const client = stage.as('brand').uploads;
  const { uploadId } = await client.begin({ requestId: randomUUID(), datasetId });
  for (let from = 0; from < bytes.length; from += 1_048_576) {
    await client.send(uploadId, from, once(bytes.subarray(from, from + 1_048_576)));
  }
  const sha256 = createHash('sha256').update(bytes).digest();
  await client.complete({ uploadId, byteCount: BigInt(bytes.length), sha256 });
  return uploadId;
}

const deeds = (uploadId: string): Readonly<Record<string, (client: GalleyClient) => Promise<unknown>>> => ({
  read: (client) => client.uploads.get(uploadId),
  send: (client) => client.uploads.send(uploadId, file.length, once(Buffer.from('x'))),
  complete: (client) => client.uploads.complete({ uploadId, byteCount: 0n, sha256: Buffer.alloc(32) }),
  inspect: (client) => client.uploads.inspect({ uploadId, layout }),
  check: (client) => client.uploads.check({ uploadId, datasetId: table.outcomesId, ...terms }),
  publish: (client) => client.uploads.publish({ uploadId, datasetId: table.outcomesId, ...terms }),
  abandon: (client) => client.uploads.abandon(uploadId),
});

describe("somebody else's upload", () => {
  it.each(others)('is not there for %s, whatever they do with its id, and stays as it is', async (actor) => {
    const uploadId = await sendWhole();
    const before = await stage.as('brand').uploads.get(uploadId);
    await expectNothingDone(stage, table, async () => {
      for (const [name, deed] of Object.entries(deeds(uploadId))) {
        const refusal = await refusalOf(deed(stage.as(actor)));
        expect(['NOT_FOUND', 'PERMISSION_DENIED'], `${actor} may ${name}`).toContain(refusal.reason);
        // What is not there at all is refused in the same words.
        const never = await refusalOf((deeds('up-none')[name] ?? deed)(stage.as(actor)));
        expect({ ...refusal, metadata: {} }).toEqual({ ...never, metadata: {} });
      }
    });
    const after = await stage.as('brand').uploads.get(uploadId);
    expect({ ...after, expiresAt: undefined }).toEqual({ ...before, expiresAt: undefined });
    expect((await stage.as('platform').uploads.list()).map((u) => u.uploadId)).not.toContain(uploadId);
    await stage.as('brand').uploads.abandon(uploadId);
  });

  it('is another one where both chose the same name', async () => {
    const requestId = randomUUID();
    const [brand, platform] = [stage.as('brand').uploads, stage.as('platform').uploads];
    const mine = await brand.begin({ requestId });
    const theirs = await platform.begin({ requestId });
    expect(theirs.uploadId).not.toBe(mine.uploadId);
    expect(theirs.committedBytes).toBe(0n);
    await brand.abandon(mine.uploadId);
    await platform.abandon(theirs.uploadId);
  });

  it("cannot be made a snapshot of another's dataset, nor be begun for it", async () => {
    const uploadId = await sendWhole();
    const brand = stage.as('brand').uploads;
    await expectNothingDone(stage, table, async () => {
      await expectRefused(brand.publish({ uploadId, datasetId: table.outcomesId, ...terms }), 'NOT_FOUND');
      await expectRefused(brand.check({ uploadId, datasetId: table.outcomesId, ...terms }), 'NOT_FOUND');
      await expectRefused(brand.begin({ requestId: randomUUID(), datasetId: table.outcomesId }), 'NOT_FOUND');
    });
    await brand.abandon(uploadId);
  });
});

describe('a place in a file', { timeout: MAX_TEST_MS }, () => {
  it.each([1, 1_048_576, 2 ** 40, LARGEST_OFFSET])(
    'that is not its end is refused by the right one: %i',
    async (offset) => {
      const client = stage.as('brand').uploads;
      const { uploadId } = await client.begin({ requestId: randomUUID() });
      const refusal = await expectRefused(client.send(uploadId, offset, once(file)), 'WRONG_OFFSET');
      expect(refusal.metadata).toMatchObject({ offset: '0' });
      expect(await client.get(uploadId)).toMatchObject({ committedBytes: 0n });
      await client.abandon(uploadId);
    },
  );

  it('before its end is refused as well: what has arrived cannot be changed', async () => {
    const client = stage.as('brand').uploads;
    const { uploadId } = await client.begin({ requestId: randomUUID() });
    await client.send(uploadId, 0, once(file));
    await expectRefused(client.send(uploadId, 0, once(file)), 'WRONG_OFFSET');
    await expectRefused(client.send(uploadId, file.length - 1, once(file)), 'WRONG_OFFSET');
    expect(await client.get(uploadId)).toMatchObject({ committedBytes: BigInt(file.length) });
    await client.abandon(uploadId);
  });

  it('after more bytes than were declared is not reached', async () => {
    const client = stage.as('brand').uploads;
    const { uploadId } = await client.begin({ requestId: randomUUID(), declaredBytes: 10n });
    await expectRefused(client.send(uploadId, 0, once(file)), 'INVALID_REQUEST');
    expect((await client.get(uploadId)).committedBytes).toBeLessThanOrEqual(10n);
    await client.abandon(uploadId);
  });
});

describe('a name', () => {
  const tricks = [
    '../../keys/master.key',
    '/etc/passwd',
    'a\0b',
    'a\nb',
    '\u001b[2J',
    '..',
    '%2e%2e%2f',
    'x'.repeat(255),
  ];

  it.each(tricks)('of a file is a word and never a path: %j', async (fileName) => {
    const client = stage.as('brand').uploads;
    const before = filesBelow(stage.dataDirectory);
    const begun = await client.begin({ requestId: randomUUID(), fileName }).catch((cause: unknown) => cause);
    if (begun instanceof Error) {
      await expectRefused(Promise.reject(begun), 'INVALID_REQUEST');
      return;
    }
    const { uploadId } = begun as uploads.Upload;
    await client.send(uploadId, 0, once(file));
    const made = filesBelow(stage.dataDirectory).filter((path) => !before.includes(path));
    expect(made).toEqual([`originals/${uploadId}/0.sealed`]);
    await client.abandon(uploadId);
    expect(
      filesBelow(stage.dataDirectory).filter((path) => path.startsWith('originals/') && !before.includes(path)),
    ).toEqual([]);
  });

  it.each(['../../keys', '..', '', 'up-none/../x', 'a\0b'])(
    'of an upload that is none finds none: %j',
    async (uploadId) => {
      for (const [name, deed] of Object.entries(deeds(uploadId))) {
        const { reason } = await refusalOf(deed(stage.as('brand')));
        expect(['NOT_FOUND', 'INVALID_REQUEST'], name).toContain(reason);
      }
    },
  );

  it('of an upload as long as a book is refused', async () => {
    const client = stage.as('brand').uploads;
    await expectRefused(client.begin({ requestId: 'x'.repeat(129) }), 'INVALID_REQUEST');
    await expectRefused(client.begin({ requestId: '' }), 'INVALID_REQUEST');
    await expectRefused(client.begin({ requestId: randomUUID(), fileName: 'x'.repeat(256) }), 'INVALID_REQUEST');
  });
});

describe('what a file is said to be', { timeout: MAX_TEST_MS }, () => {
  const csv = datasets.FileFormat.CSV;
  const contradictions: Readonly<Record<string, Partial<datasets.FileLayout>>> = {
    'a separator that is the quote': { delimiter: '"', quote: '"' },
    'a separator that ends the line': { delimiter: '\n' },
    'a quote that ends the line': { quote: '\r' },
    'a separator of two characters': { delimiter: ';;' },
    'a separator that is no ASCII': { delimiter: '；' },
    'an encoding that there is not': { encoding: 'utf-9' },
    'a thousand words for nothing': { nullWords: Array.from({ length: 1_000 }, (_, i) => `n${i}`) },
  };

  it.each(Object.keys(contradictions))('is refused before it is tried: %s', async (name) => {
    const said = datasets.FileLayout.create({ format: csv, ...contradictions[name] });
    const columns = (await stage.as('brand').datasets.get(table.mailingsId)).columns;
    const request = { displayName: 'x', columns, requestId: randomUUID(), layout: said };
    await expectRefused(stage.as('brand').datasets.create(request), 'INVALID_REQUEST');
    const uploadId = await sendWhole();
    const publish = stage
      .as('brand')
      .uploads.publish({ uploadId, datasetId: table.mailingsId, ...terms, layout: said });
    await expectRefused(publish, 'INVALID_REQUEST');
    await stage.as('brand').uploads.abandon(uploadId);
  });

  it('has no more identifiers a row than anybody knows of a person, though a thousand columns in all', async () => {
    const columns = Array.from({ length: MAX_COLUMNS }, (_, i) => `c${i}:custom(kind_${i})?`);
    await expectRefused(createDataset(stage, 'brand', columns), 'INVALID_REQUEST');
    await expectRefused(createDataset(stage, 'brand', columns.slice(0, MAX_IDENTIFIERS + 1)), 'INVALID_REQUEST');
    const fewer = columns.slice(0, MAX_IDENTIFIERS);
    const { datasetId } = await createDataset(stage, 'brand', fewer);
    const names = fewer.map((column) => column.split(':')[0]);
    const rows = Array.from({ length: 50 }, (_, row) => names.map((name) => `${name}-${row}`).join(','));
    const uploadId = await sendWhole(Buffer.from(`${names.join(',')}\n${rows.join('\n')}\n`), datasetId);
    const { snapshot } = await stage.as('brand').uploads.publish({ uploadId, datasetId, ...terms });
    expect(snapshot).toMatchObject({ rowCount: 50n });
    const text = Array.from({ length: MAX_COLUMNS + 1 }, (_, i) => `c${i}:text`);
    await expectRefused(createDataset(stage, 'brand', text), 'INVALID_REQUEST');
  });

  it('may swell a thousandfold when it is unpacked, and is refused without the service growing by it', async () => {
    const bomb = gzipSync(Buffer.alloc(BOMB_BYTES, 'x'));
    expect(bomb.length).toBeLessThan(BOMB_BYTES / 500);
    const uploadId = await sendWhole(bomb);
    const client = stage.as('brand').uploads;
    await expectRefused(client.publish({ uploadId, datasetId: table.mailingsId, ...terms }), 'UPLOAD_REFUSED');
    await expectRefused(client.inspect({ uploadId, layout }), 'UPLOAD_REFUSED');
    await client.abandon(uploadId);
    expect(stage.service.isAlive).toBe(true);
  });
});

describe("others' persons", () => {
  const digest = (email: string): Buffer => createHash('sha256').update(email).digest();
  const named = (emails: readonly string[]) => [{ kind: 'email', digests: emails.map(digest) }];
  const known = outcomes.slice(0, 50).map(({ email }) => email);
  const unknown = Array.from({ length: 50 }, (_, i) => `nobody-knows-${i}@example.org`);

  it('cannot be told from nobody by opting them out: a list is counted by itself', async () => {
    const { rights } = stage.as('outsider');
    const ofKnown = await rights.optOut(named(known));
    const ofUnknown = await rights.optOut(named(unknown));
    expect([ofKnown, ofUnknown]).toEqual([50n, 50n]);
    expect(await rights.withdrawOptOut(named(known))).toEqual(await rights.withdrawOptOut(named(unknown)));
  });

  it('are not erased by another member, who learns nothing from having tried', async () => {
    const before = await stage.as('platform').datasets.get(table.outcomesId);
    const erase = (emails: readonly string[]) =>
      stage.as('outsider').rights.erasePersons({ identifiers: named(emails), requestId: randomUUID() });
    const [first, second] = [await settled(await erase(known)), await settled(await erase(unknown))];
    const { erasureId: _, requestedAt: __, doneAt: ___, leafIndex: ____, ...told } = first;
    expect(told).toMatchObject({ isDone: true, rowCount: 0n, partCount: 0n });
    const { erasureId: _2, requestedAt: __2, doneAt: ___2, leafIndex: ____2, ...toldOfNobody } = second;
    expect(told).toEqual(toldOfNobody);
    expect(await stage.as('platform').datasets.get(table.outcomesId)).toEqual(before);
  });

  it('lie in snapshots that nobody else takes out or erases', async () => {
    const { rights, datasets: calls } = stage.as('platform');
    const takeOut = Array.fromAsync(calls.takeOut(table.mailingsId, table.mailingsSnapshotId));
    await expectRefused(takeOut, 'NOT_FOUND');
    await expectRefused(rights.eraseDataset({ datasetId: table.mailingsId, requestId: randomUUID() }), 'NOT_FOUND');
    await refusalOf(rights.eraseMember({ member: cast.brand.member, requestId: randomUUID() }));
    const { snapshots } = await stage.as('brand').datasets.get(table.mailingsId);
    expect(snapshots.at(-1)).toMatchObject({ rowCount: BigInt(mailings.length), revision: 0 });
  });

  it('stand on the disk in no form of a list of opt-outs', () => {
    for (const email of known.slice(0, 5)) {
      for (const form of [digest(email).toString('hex'), digest(email).toString('base64'), email]) {
        expect(filesHolding(stage.dataDirectory, form)).toEqual([]);
      }
      expect(filesBelow(stage.dataDirectory).length).toBeGreaterThan(0);
    }
  });

  async function settled(erasure: { erasureId: string; isDone: boolean }) {
    return await expect
      .poll(() => stage.as('outsider').rights.getErasure(erasure.erasureId), { timeout: 45_000 })
      .toMatchObject({ isDone: true })
      .then(() => stage.as('outsider').rights.getErasure(erasure.erasureId));
  }
});
