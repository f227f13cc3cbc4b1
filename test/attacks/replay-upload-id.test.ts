// The attack: an upload whose answer was lost is sent again, by the client or by somebody who caught it. Were it taken
// twice, a snapshot would appear that nobody meant; were other bytes taken under the name, the owner would be told that
// what stands there is what it sent.
//
// The wall: an upload has a name of its client's choosing. The same name with the same bytes is the same snapshot, also
// when both arrive at the same moment; with other bytes it is refused.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailings, mailingsCsv } from '../support/service-people.ts';
import { entriesOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { expectNothingDone } from '../support/service-standing.ts';
import { createDataset, mailingsColumns, setTable, type Table, upload } from '../support/service-table.ts';

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

const snapshotsOf = async () => (await stage.as('brand').datasets.get(table.mailingsId)).snapshots;

describe('an upload that is sent again', () => {
  it('is the snapshot it was, its report of bad rows included, and nothing is published', async () => {
    const uploadId = randomUUID();
    const file = `${mailingsCsv()}nobody,mens,1\n`;
    const first = await upload(stage, 'brand', table.mailingsId, file, { uploadId, maxRejects: 3 });
    await expectNothingDone(stage, table, async () => {
      const again = await upload(stage, 'brand', table.mailingsId, file, { uploadId, maxRejects: 3 });
      expect(again).toEqual(first);
    });
    const published = (await entriesOf(stage, 'snapshot-published')).map(({ subject }) => subject.snapshot);
    expect(published.filter((id) => id === first.snapshot.snapshotId)).toHaveLength(1);
  });

  it('is one snapshot when five arrive at the same moment, in the log too', async () => {
    const uploadId = randomUUID();
    const before = await snapshotsOf();
    const logged = (await entriesOf(stage, 'snapshot-published')).length;
    const all = await Promise.all(
      Array.from({ length: 5 }, () => upload(stage, 'brand', table.mailingsId, mailingsCsv(), { uploadId })),
    );
    expect(new Set(all.map(({ snapshot }) => snapshot.snapshotId)).size).toBe(1);
    expect((await snapshotsOf()).length).toBe(before.length + 1);
    expect((await entriesOf(stage, 'snapshot-published')).length).toBe(logged + 1);
  });

  it('with other bytes is refused, and what stands stays', async () => {
    const uploadId = randomUUID();
    const { snapshot } = await upload(stage, 'brand', table.mailingsId, mailingsCsv(), { uploadId });
    await expectNothingDone(stage, table, () =>
      expectRefused(upload(stage, 'brand', table.mailingsId, mailingsCsv(mailings.slice(1)), { uploadId }), 'CONFLICT'),
    );
    const parts = await Array.fromAsync(stage.as('brand').datasets.takeOut(table.mailingsId, snapshot.snapshotId));
    expect(Buffer.concat(parts).toString()).toBe(mailingsCsv());
  });

  it('under the name of another dataset or after a refusal is an upload of its own', async () => {
    const uploadId = randomUUID();
    await expectRefused(upload(stage, 'brand', table.mailingsId, 'nothing\n', { uploadId }), 'UPLOAD_REFUSED');
    const mine = await upload(stage, 'brand', table.mailingsId, mailingsCsv(), { uploadId });
    const { datasetId } = await createDataset(stage, 'brand', mailingsColumns);
    const other = await upload(stage, 'brand', datasetId, mailingsCsv(mailings.slice(5)), { uploadId });
    expect(other.snapshot.snapshotId).not.toBe(mine.snapshot.snapshotId);
  });
});
