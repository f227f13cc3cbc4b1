import { createHash, randomUUID } from 'node:crypto';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasets } from '../../proto/index.ts';
import { dataFiles } from '../support/service-files.ts';
import { mailings, mailingsCsv } from '../support/service-people.ts';
import { ask, entriesOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, mailingsColumns, upload } from '../support/service-table.ts';

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
});

afterAll(() => stage[Symbol.asyncDispose]());

const newDataset = async () => (await createDataset(stage, 'brand', mailingsColumns)).datasetId;

describe('an upload', () => {
  it('becomes a snapshot with as many rows, the digest of its bytes, and an entry of the log', async () => {
    const datasetId = await newDataset();
    const csv = mailingsCsv();
    const { snapshot, rejects } = await upload(stage, 'brand', datasetId, csv);
    expect(snapshot).toMatchObject({
      rowCount: BigInt(mailings.length),
      rejectedCount: 0n,
      uploadDigest: createHash('sha256').update(csv).digest('hex'),
    });
    expect(rejects).toMatchObject({ rejectedCount: 0n, rejects: [] });
    expect((await stage.as('brand').datasets.get(datasetId)).snapshots).toEqual([snapshot]);
    const logged = (await entriesOf(stage, 'snapshot-published')).at(-1)?.subject;
    expect(logged).toMatchObject({ dataset: datasetId, snapshot: snapshot.snapshotId });
    // A digest that everybody can compute would let every reader of the log test guesses of the file.
    expect(JSON.stringify(logged)).not.toContain(snapshot.uploadDigest);
  });

  it('is the same data as CSV with other line ends and quotes, as compressed CSV, and as Arrow', async () => {
    const few = mailings.slice(0, 400);
    const collaborationId = await agree(stage);
    const arrow = tableToIPC(
      tableFromArrays({
        email: few.map((m) => m.email),
        arm: few.map((m) => m.arm),
        tier: Int32Array.from(few, (m) => m.tier),
      }),
      'stream',
    );
    const plain = mailingsCsv(few);
    const quoted = plain.replaceAll('\n', '\r\n').replaceAll(/(mens|womens|control)/g, '"$1"');
    const gzip = new Blob([plain]).stream().pipeThrough(new CompressionStream('gzip'));
    const forms: Record<string, readonly [string | Uint8Array, datasets.FileFormat]> = {
      plain: [plain, datasets.FileFormat.CSV],
      quoted: [quoted, datasets.FileFormat.CSV],
      gzipped: [await new Response(gzip).bytes(), datasets.FileFormat.CSV],
      arrow: [arrow, datasets.FileFormat.ARROW],
    };
    const truth = few.filter((m) => m.arm === 'mens').length;
    for (const [alias, [file, format]] of Object.entries(forms)) {
      const datasetId = await newDataset();
      const { snapshot } = await upload(stage, 'brand', datasetId, file, { format });
      expect(snapshot.rowCount).toBe(400n);
      const bind = { collaborationId, datasetId, alias, rulesJson: mailingsRules() };
      await stage.as('brand').collaborations.bind(bind);
      const sql = `select count(distinct t.email) as persons from chenxi.${alias} t where t.arm = 'mens'`;
      const { rows } = await ask(stage, 'brand', collaborationId, sql, { epsilon: 4 });
      // Thirty is more than ten standard deviations of this noise.
      expect(Math.abs(Number(rows[0]?.persons) - truth)).toBeLessThan(30);
    }
  });

  it('leaves out as many bad rows as it tolerates, and says where they are', async () => {
    const datasetId = await newDataset();
    const csv = 'email,arm,tier\na@example.com,mens,1\nb@example.com,mens,one\nnobody,mens,2\nc@example.com,mens,3\n';
    const { snapshot, rejects } = await upload(stage, 'brand', datasetId, csv, { maxRejects: 2 });
    expect(snapshot).toMatchObject({ rowCount: 2n, rejectedCount: 2n });
    expect(rejects).toMatchObject({
      rejectedCount: 2n,
      rejects: [
        { line: 3n, column: 'tier', reason: 'not-an-integer' },
        { line: 4n, column: 'email', reason: 'not-an-identifier' },
      ],
    });
  });
});

describe('a take-out', () => {
  it('gives the owner the very bytes back, each snapshot its own', async () => {
    const datasetId = await newDataset();
    // Larger than several messages, so that the pieces are put together as they were.
    const large = mailingsCsv(
      Array.from({ length: 15_000 }, (_, i) => ({
        ...mailings[0],
        tier: i,
        email: `p${i}@example.com`,
        arm: 'mens' as const,
      })),
    );
    const files = [mailingsCsv(), large];
    const ids: string[] = [];
    for (const file of files) ids.push((await upload(stage, 'brand', datasetId, file)).snapshot.snapshotId);
    for (const [index, snapshotId] of ids.entries()) {
      const parts = await Array.fromAsync(stage.as('brand').datasets.takeOut(datasetId, snapshotId));
      expect(Buffer.concat(parts).equals(Buffer.from(files[index] ?? ''))).toBe(true);
    }
    const logged = (await entriesOf(stage, 'data-taken-out')).map(({ subject }) => subject.snapshot);
    expect(logged).toEqual(ids);
  });

  it('is refused to everybody but the owner as if there were nothing', async () => {
    const datasetId = await newDataset();
    const { snapshot } = await upload(stage, 'brand', datasetId, mailingsCsv());
    for (const actor of ['platform', 'isv', 'auditor', 'outsider'] as const) {
      const { datasets: client } = stage.as(actor);
      await expectRefused(Array.fromAsync(client.takeOut(datasetId, snapshot.snapshotId)), 'NOT_FOUND');
      await expectRefused(client.get(datasetId), 'NOT_FOUND');
      // Providers and auditors bring nothing at all, which says nothing of what there is.
      const reason = actor === 'isv' || actor === 'auditor' ? 'PERMISSION_DENIED' : 'NOT_FOUND';
      await expectRefused(upload(stage, actor, datasetId, mailingsCsv()), reason);
    }
  });
});

describe('a dataset', () => {
  it('has columns that SQL can name, and one identifier of a kind at most', async () => {
    const wrong = [
      [],
      ['email:email', 'second:email'],
      ['a:custom(openid)', 'b:custom(openid)'],
      ['email:email', 'email:text'],
      ['email:email', 'Arm:text'],
      ['until:consent_until', 'end:consent_until'],
    ];
    for (const columns of wrong) await expectRefused(createDataset(stage, 'brand', columns), 'INVALID_REQUEST');
  });

  it('is listed to its owner alone, page by page', async () => {
    const mine = await stage.as('brand').datasets.list();
    expect(mine.length).toBeGreaterThan(5);
    expect(await stage.as('platform').datasets.list()).toEqual([]);
    await expectRefused(stage.as('isv').datasets.list(), 'PERMISSION_DENIED');
  });

  it('is created once for one request id', async () => {
    const request = { displayName: 'once', columns: [], requestId: randomUUID() };
    const columns = (await stage.as('brand').datasets.list()).at(-1)?.columns ?? [];
    const all = await Promise.all([1, 2, 3].map(() => stage.as('brand').datasets.create({ ...request, columns })));
    expect(new Set(all.map(({ datasetId }) => datasetId)).size).toBe(1);
    await expectRefused(stage.as('brand').datasets.create({ ...request, columns, displayName: 'twice' }), 'CONFLICT');
  });

  it('lies on disk in sealed files alone', () => {
    const files = dataFiles(stage.dataDirectory);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((path) => !path.endsWith('.sealed'))).toEqual([]);
  });
});
