// Whoever asks while files come in sees a dataset as it was before or after one of them, and never in between.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasets } from '../../proto/index.ts';
import { sendBytes, sha256Of } from '../support/raw-uploads.ts';
import { ask } from '../support/service-questions.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, bindMailings, createDataset, mailingsColumns } from '../support/service-table.ts';

const { APPEND, REPLACE } = datasets.SnapshotMode;
const LONG_MS = 300_000;
const PERSONS = 3_000;
/** Far more than the noise, and far less than half a file. */
const NOISE = 500;

let stage: ServiceStage;
beforeAll(async () => {
  stage = await ServiceStage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

function csvOf(file: string, arm: string): Buffer {
  const rows = Array.from({ length: PERSONS }, (_, i) => `${file}${i}@example.com,${arm},1\n`);
  return Buffer.from(`email,arm,tier\n${rows.join('')}`);
}

async function publish(datasetId: string, bytes: Buffer, mode: datasets.SnapshotMode): Promise<void> {
  const { uploads: client } = stage.as('brand');
  const { uploadId } = await client.begin({ requestId: randomUUID(), datasetId });
  await sendBytes(client, uploadId, bytes);
  await client.complete({ uploadId, byteCount: BigInt(bytes.length), sha256: sha256Of(bytes) });
  const layout = { format: datasets.FileFormat.CSV, encoding: '', delimiter: '', quote: '', nullWords: [] };
  await client.publish({ uploadId, datasetId, mode, tolerance: undefined, layout });
}

describe('a question during uploads', () => {
  it('is answered from whole snapshots alone', { timeout: LONG_MS }, async () => {
    const { datasetId } = await createDataset(stage, 'brand', mailingsColumns);
    const collaborationId = await agree(stage);
    await publish(datasetId, csvOf('a', 'mens'), REPLACE);
    await bindMailings(stage, collaborationId, datasetId);
    const steps: readonly [string, string, datasets.SnapshotMode][] = [
      ['b', 'mens', APPEND],
      ['c', 'womens', APPEND],
      ['d', 'womens', REPLACE],
      ['e', 'mens', APPEND],
      ['f', 'mens', REPLACE],
    ];
    // Files of mens and of womens in the snapshots that there are, one after the other.
    const states = new Set(['1/0', '2/0', '2/1', '0/1', '1/1']);
    let isDone = false;
    const published = (async () => {
      for (const [file, arm, mode] of steps) await publish(datasetId, csvOf(file, arm), mode);
    })().finally(() => {
      isDone = true;
    });
    published.catch(() => undefined);
    const seen = new Set<string>();
    const sql = 'select t.arm, count(distinct t.email) as persons from chenxi.mailings t group by t.arm';
    for (let isLast = false; !isLast; ) {
      isLast = isDone;
      const { rows } = await ask(stage, 'brand', collaborationId, sql, { epsilon: 1.5 });
      const files = ['mens', 'womens'].map((arm) => {
        const count = Number(rows.find((row) => row.arm === arm)?.persons ?? 0);
        const whole = Math.round(count / PERSONS);
        expect(Math.abs(count - whole * PERSONS)).toBeLessThan(NOISE);
        return whole;
      });
      expect(states).toContain(files.join('/'));
      seen.add(files.join('/'));
    }
    await published;
    // Otherwise nothing was asked while anything came in.
    expect(seen.size).toBeGreaterThan(1);
  });
});
