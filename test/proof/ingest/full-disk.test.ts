// A disk that fills while members bring data, and folders that cannot be written any more: what was there stays whole,
// nothing half is left behind, the sender is told in one word of ours, and goes on when there is room again.
import { createHash, randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { datasets, uploads } from '../../../proto/index.ts';
import { expectRefused, refusalOf } from '../../support/service-refusal.ts';
import { lookAt } from './ingest-stage.ts';
import { personOf } from './people.ts';
import { fileOf, peopleSchema } from './people-files.ts';
import { SmallDisk } from './small-disk.ts';

const DISK_BYTES = 64 * 1_048_576;
const RESERVE_BYTES = 8 * 1_048_576;
const KIB_BYTES = 1_024;
const MIB_BYTES = 1_048_576;
const CHUNK_BYTES = 65_536;
const PERSONS = 8_000;
const NOTE_CHARS = 300;
/** Two starts of the service, and some uploads, on a machine that has other work. */
const MAX_TEST_MS = 300_000;

const file = await fileOf(
  'csv',
  Array.from({ length: PERSONS }, (_, person) => personOf('zqfulldisk', person, NOTE_CHARS)),
);
const sha256 = createHash('sha256').update(file).digest();
const byteCount = BigInt(file.length);
const layout = datasets.FileLayout.create({ format: datasets.FileFormat.CSV });
const mode = datasets.SnapshotMode.REPLACE;
let disk: SmallDisk;

/** When the disk fills, and what is left of it: the original, the columns and the store are cut short in turn. */
const MOMENTS: readonly (readonly [Stage, number])[] = [
  ['begin', 0],
  ['send', 0],
  ['middle', 0],
  ['middle', MIB_BYTES],
  ['complete', 0],
  ['publish', 0],
  ['publish', 64 * KIB_BYTES],
  ['publish', MIB_BYTES / 2],
];

afterEach(() => disk[Symbol.asyncDispose]());

async function openDisk(diskReserveBytes: number): Promise<string> {
  disk = await SmallDisk.open(DISK_BYTES, { diskReserveBytes });
  const request = { displayName: 'people', columns: peopleSchema(), requestId: randomUUID() };
  return (await disk.stage.as('brand').datasets.create(request)).datasetId;
}

/** Where an upload stands when the disk fills. */
type Stage = 'begin' | 'send' | 'middle' | 'complete' | 'publish';

/** An upload as one deed that can be begun again, with something done just before one of its stages. */
async function bring(
  datasetId: string,
  requestId: string,
  before: (stage: Stage) => void = () => undefined,
): Promise<datasets.Snapshot> {
  const client = disk.stage.as('brand').uploads;
  before('begin');
  const { uploadId, state, committedBytes } = await client.begin({ requestId, declaredBytes: byteCount, datasetId });
  before('send');
  if (state === uploads.UploadState.RECEIVING) {
    const middle = () => before('middle');
    await client.send(uploadId, Number(committedBytes), chunksFrom(Number(committedBytes), middle));
    before('complete');
    await client.complete({ uploadId, byteCount, sha256 });
  }
  before('publish');
  const { snapshot } = await client.publish({ uploadId, datasetId, mode, layout, tolerance: undefined });
  if (snapshot === undefined) throw new Error('the answer has no snapshot');
  return snapshot;
}

async function* chunksFrom(offset: number, onMiddle: () => void): AsyncGenerator<Uint8Array, void> {
  for (let from = offset; from < file.length; from += CHUNK_BYTES) {
    yield file.subarray(from, from + CHUNK_BYTES);
    if (from === offset) onMiddle();
  }
}

const snapshotsOf = async (datasetId: string) => (await disk.stage.as('brand').datasets.get(datasetId)).snapshots;

async function expectSoundAfterRestart(datasetId: string, snapshotIds: readonly string[]): Promise<void> {
  await disk.restartWithRoom();
  expect(await lookAt(disk.stage)).toEqual({ torn: [], leaks: [], logFaults: [] });
  expect((await snapshotsOf(datasetId)).map(({ snapshotId }) => snapshotId)).toEqual(snapshotIds);
  for (const snapshotId of snapshotIds) {
    const parts = await Array.fromAsync(disk.stage.as('brand').datasets.takeOut(datasetId, snapshotId));
    expect(Buffer.concat(parts).equals(file)).toBe(true);
  }
}

describe('a disk that is nearly full', () => {
  it('takes no more bytes, while everything else goes on', { timeout: MAX_TEST_MS }, async () => {
    const datasetId = await openDisk(RESERVE_BYTES);
    const first = await bring(datasetId, randomUUID());
    disk.fill(RESERVE_BYTES / 2);
    const requestId = randomUUID();
    const refusal = await expectRefused(bring(datasetId, requestId), 'BUSY');
    expect(refusal.retrySeconds).toBeGreaterThan(0);
    // The reserve is for the log and the store, which every other call writes to.
    const request = { displayName: 'another', columns: peopleSchema(), requestId: randomUUID() };
    await disk.stage.as('brand').datasets.create(request);
    const parts = await Array.fromAsync(disk.stage.as('brand').datasets.takeOut(datasetId, first.snapshotId));
    expect(Buffer.concat(parts).equals(file)).toBe(true);
    disk.makeRoom();
    const second = await bring(datasetId, requestId);
    await expectSoundAfterRestart(datasetId, [first.snapshotId, second.snapshotId]);
  });
});

describe('a disk that is full', () => {
  it('breaks an upload off wherever it is, and lets it go on when there is room', {
    timeout: MAX_TEST_MS,
  }, async () => {
    const datasetId = await openDisk(0);
    const ids = [(await bring(datasetId, randomUUID())).snapshotId];
    for (const [stage, leftBytes] of MOMENTS) {
      const requestId = randomUUID();
      const call = bring(datasetId, requestId, (reached) => reached === stage && disk.fill(leftBytes));
      const refusal = await refusalOf(call);
      expect(['STORAGE_FAILED', 'BUSY'], `at ${stage} with ${leftBytes} bytes left`).toContain(refusal.reason);
      expect(refusal.message).not.toMatch(/ENOSPC|sqlite|\//i);
      expect((await snapshotsOf(datasetId)).map(({ snapshotId }) => snapshotId)).toEqual(ids);
      disk.makeRoom();
      ids.push((await bring(datasetId, requestId)).snapshotId);
    }
    expect(disk.stage.operatorLog()).toMatch(/ENOSPC|disk is full/);
    await expectSoundAfterRestart(datasetId, ids);
  });
});

describe('a folder that cannot be written any more', () => {
  it.each(['originals', 'parts'])('breaks an upload off likewise: %s', { timeout: MAX_TEST_MS }, async (folder) => {
    const datasetId = await openDisk(0);
    const first = await bring(datasetId, randomUUID());
    disk.setWritable(folder, false);
    const requestId = randomUUID();
    await expectRefused(bring(datasetId, requestId), 'STORAGE_FAILED');
    disk.setWritable(folder, true);
    const second = await bring(datasetId, requestId);
    await expectSoundAfterRestart(datasetId, [first.snapshotId, second.snapshotId]);
  });
});
