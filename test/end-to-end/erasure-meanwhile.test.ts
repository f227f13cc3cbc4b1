import { hash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { datasets } from '../../proto/index.ts';
import { heldFiles, storedRows } from '../proof/opened-disk.ts';
import { awaitErasure } from '../support/demanded-rights.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { createDataset } from '../support/service-table.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

/** Takes much longer to read than an erasure of an empty dataset. */
const ROWS_COUNT = 300_000;

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
});

afterAll(() => stage[Symbol.asyncDispose]());

async function received(): Promise<string> {
  const rows = Array.from({ length: ROWS_COUNT }, (_, row) => `person-${row}@example.com,${row % 7}\n`);
  const file = Buffer.from(`email,visits\n${rows.join('')}`);
  const { uploads } = stage.as('brand');
  const { uploadId } = await uploads.begin({ requestId: randomUUID() });
  async function* bytes() {
    yield file;
  }
  await uploads.send(uploadId, 0, bytes());
  await uploads.complete({ uploadId, byteCount: BigInt(file.byteLength), sha256: hash('sha256', file, 'buffer') });
  return uploadId;
}

describe('a dataset that is erased while a file is read for it', () => {
  it('takes no snapshot any more, and keeps nothing of the file that was read', async () => {
    const { datasetId } = await createDataset(stage, 'brand', ['email:email', 'visits:integer']);
    const uploadId = await received();
    const { uploads, rights } = stage.as('brand');
    const terms = { mode: datasets.SnapshotMode.REPLACE, tolerance: undefined, layout: undefined };
    const layout = { ...datasets.FileLayout.fromPartial({ format: datasets.FileFormat.CSV }) };
    const published = uploads.publish({ uploadId, datasetId, ...terms, layout });
    const refused = expectRefused(published, 'NOT_FOUND');
    await expect.poll(() => heldFiles(stage.dataDirectory).some((path) => path.startsWith('parts/'))).toBe(true);
    await awaitErasure(stage, 'brand', await rights.eraseDataset({ datasetId, requestId: randomUUID() }));
    await refused;
    expect(storedRows(stage.dataDirectory, 'select part_id from parts')).toEqual([]);
    expect(storedRows(stage.dataDirectory, 'select snapshot_id from snapshots')).toEqual([]);
    expect(heldFiles(stage.dataDirectory).filter((path) => path.startsWith('parts/'))).toEqual([]);
    // The file belongs to its member, and may still be published elsewhere or abandoned.
    await uploads.abandon(uploadId);
    expect(heldFiles(stage.dataDirectory).filter((path) => path.startsWith('originals/'))).toEqual([]);
  });
});
