import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseColumn } from '../../cli/commands/index.ts';
import { datasets } from '../../proto/index.ts';
import { filesHolding } from '../support/service-files.ts';
import { mailingsCsv } from '../support/service-people.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { entriesOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { expectNothingDone, expectOnlyStaged } from '../support/service-standing.ts';
import { setTable, type Table, upload } from '../support/service-table.ts';

const { CSV, ARROW, PARQUET } = datasets.FileFormat;

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

const csv = mailingsCsv();
const arrow = tableToIPC(
  tableFromArrays({ email: ['a@example.com'], arm: ['mens'], tier: Int32Array.of(1) }),
  'stream',
);

/** Sends a file to the brand's dataset and expects a refusal that leaves everything as it was. */
async function expectUploadRefused(file: string | Uint8Array, format: datasets.FileFormat, reason: string) {
  return await expectNothingDone(stage, table, async () => {
    const refusal = await expectRefused(upload(stage, 'brand', table.mailingsId, file, { format }), 'UPLOAD_REFUSED');
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', metadata: { reason } });
    const logged = (await entriesOf(stage, 'upload-refused')).at(-1)?.subject;
    expect(logged).toMatchObject({ dataset: table.mailingsId, reason });
    return refusal;
  });
}

describe('a file without a header', () => {
  it('is not looked into: its first row must become nobody’s names of columns', async () => {
    const { uploads, datasets: own } = stage.as('brand');
    const { uploadId } = await uploads.begin({ requestId: 'no header' });
    async function* bytes() {
      yield Buffer.from('ana@example.com,Berlin\nbo@example.com,Bonn\n');
    }
    await uploads.send(uploadId, 0, bytes());
    const refusal = await expectRefused(uploads.inspect({ uploadId, layout: undefined }), 'UPLOAD_REFUSED');
    expect(refusal.metadata).toEqual({ reason: 'no-header' });
    expect(JSON.stringify(refusal)).not.toContain('ana');
    const column = { ...parseColumn('email:email'), source: 'ana@example.com' };
    const named = own.create({ displayName: 'a file', columns: [column], requestId: '', synthetic: false });
    expect((await expectRefused(named, 'INVALID_REQUEST')).message).not.toContain('ana');
  });
});

describe('a file that is not what it says', () => {
  it.each([
    ['CSV called Parquet', csv, PARQUET],
    ['CSV called Arrow', csv, ARROW],
    ['Arrow called Parquet', arrow, PARQUET],
    ['noise called Parquet', createHash('sha512').update('noise').digest(), PARQUET],
    ['noise called Arrow', createHash('sha512').update('noise').digest(), ARROW],
  ])('is refused: %s', async (_, file, format) => {
    await expectUploadRefused(file, format, 'not-this-format');
  });

  it('is refused: Parquet and Arrow called CSV', async () => {
    const parquet = Buffer.concat([Buffer.from('PAR1'), Buffer.from([0, 255, 254, 10, 13]), Buffer.from('PAR1')]);
    for (const file of [parquet, arrow]) {
      await expectNothingDone(stage, table, async () => {
        const refusal = await expectRefused(
          upload(stage, 'brand', table.mailingsId, file, { format: CSV }),
          'UPLOAD_REFUSED',
        );
        expect(['not-this-format', 'encoding', 'header-mismatch']).toContain(refusal.metadata.reason);
      });
    }
  });

  it('is refused when it is empty, cut off, or lacks a column, which the refusal names', async () => {
    await expectUploadRefused('', CSV, 'empty');
    await expectUploadRefused(arrow.subarray(0, arrow.length - 40), ARROW, 'truncated');
    const { message } = await expectUploadRefused('email,arm\na@example.com,mens\n', CSV, 'header-mismatch');
    expect(message).toContain('email, arm, tier');
  });

  it('is refused when no format is named', async () => {
    await expectNothingDone(stage, table, () =>
      expectRefused(
        upload(stage, 'brand', table.mailingsId, csv, { format: datasets.FileFormat.UNSPECIFIED }),
        'INVALID_REQUEST',
      ),
    );
  });
});

describe('a bad row', () => {
  it('refuses the file by line and column, and its value is nowhere', async () => {
    const value = `secret${randomUUID()}`;
    const file = `email,arm,tier\na@example.com,mens,1\nb@example.com,"two\nlines",2\nc@example.com,mens,${value}\n`;
    const refusal = await expectUploadRefused(file, CSV, 'too-many-rejects');
    expect(refusal.rejects).toMatchObject({
      rejectedCount: 1n,
      rejects: [{ line: 5n, column: 'tier', reason: 'not-an-integer' }],
    });
    const shown = [refusal, stage.operatorLog(), filesHolding(stage.directory, value)];
    expect(JSON.stringify(shown, (_, cell) => (typeof cell === 'bigint' ? Number(cell) : cell))).not.toContain(value);
  });

  it('is one of many: the refusal holds as many places as fit, and the count of all until it stopped', async () => {
    const file = `email,arm,tier\n${Array.from({ length: 3_000 }, (_, i) => `p${i}@example.com,mens,x`).join('\n')}\n`;
    const { rejects, message } = await expectNothingDone(stage, table, () =>
      expectRefused(upload(stage, 'brand', table.mailingsId, file, { maxRejects: 2_000 }), 'UPLOAD_REFUSED'),
    );
    expect(message).toContain('more rows were refused');
    expect(rejects?.rejectedCount).toBeGreaterThan(2_000n);
    expect(rejects?.rejects.length).toBeGreaterThan(50);
    expect(rejects?.rejects[0]).toMatchObject({ line: 2n, column: 'tier' });
  });
});

describe('an upload that breaks off', () => {
  it('publishes nothing when its client is killed in the middle, and the same upload can be sent again', async () => {
    const uploadId = randomUUID();
    await expectOnlyStaged(stage, table, async () => {
      const args = [stage.service.address(), await stage.token('brand'), table.mailingsId, uploadId];
      const client = await ServiceProcess.start(
        new URL('../support/service-half-upload.ts', import.meta.url),
        args,
        join(stage.directory, 'half.log'),
      );
      expect(client.ready).toEqual({ sent: 'half' });
      await sleep(200);
      await client.end('SIGKILL');
      await sleep(400);
    });
    const { snapshot } = await upload(stage, 'brand', table.mailingsId, csv, { uploadId });
    expect(snapshot.rejectedCount).toBe(0n);
  });

  it('leaves nothing when its own source fails', async () => {
    await expectNothingDone(stage, table, async () => {
      async function* broken(): AsyncGenerator<Buffer> {
        yield Buffer.from(csv.slice(0, 20_000));
        throw new Error('the disk is gone');
      }
      await expect(upload(stage, 'brand', table.mailingsId, broken())).rejects.toThrow('the disk is gone');
      await sleep(400);
    });
  });

  it('is refused when it has no name', async () => {
    await expectNothingDone(stage, table, () =>
      expectRefused(upload(stage, 'brand', table.mailingsId, csv, { uploadId: '' }), 'INVALID_REQUEST'),
    );
  });
});
