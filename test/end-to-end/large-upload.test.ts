// A file of many gigabytes, made as it is sent, with the memory of the service and of its workers measured meanwhile. In
// the short run it is small, and the bounds are those of the long one.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasets } from '../../proto/index.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { createDataset, mailingsColumns } from '../support/service-table.ts';

const isLong = process.env.GALLEY_LONG === '1';
const MIB = 1_048_576;
const FILE_BYTES = (isLong ? 8_192 : 64) * MIB;
const ROWS_A_PIECE = 20_000;
const SAMPLE_EVERY_MS = 500;
const MOST_MS = isLong ? 7_200_000 : 900_000;

/** What a service may take beside what it takes at rest: pieces under way, buffers of gRPC, and garbage not yet let go. */
const SERVICE_GROWTH_BYTES = 320 * MIB;
/** What a worker that reads a file may take, the runtime and a run of rows to sort included. */
const WORKER_BYTES = 1_024 * MIB;

let stage: ServiceStage;
beforeAll(async () => {
  stage = await ServiceStage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

/** The largest resident sizes of the service and of any of its workers, looked at until stopped. */
function watchMemory(): { readonly atRest: number; readonly stop: () => { service: number; worker: number } } {
  const most = { service: 0, worker: 0 };
  const service = stage.service.pid ?? 0;
  const atRest = residentBytes(service);
  const timer = setInterval(() => {
    most.service = Math.max(most.service, residentBytes(service));
    most.worker = Math.max(most.worker, ...stage.service.workers().map(residentBytes));
  }, SAMPLE_EVERY_MS);
  return {
    atRest,
    stop: () => {
      clearInterval(timer);
      return most;
    },
  };
}

function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    // It has ended since it was listed.
    return 0;
  }
}

describe('a large file', () => {
  it('comes in with memory that does not grow with it', { timeout: MOST_MS }, async () => {
    const { datasetId } = await createDataset(stage, 'brand', mailingsColumns);
    const { uploads: client } = stage.as('brand');
    const { uploadId } = await client.begin({ requestId: randomUUID(), datasetId });
    const hash = createHash('sha256');
    let [byteCount, rows] = [0, 0];
    async function* pieces(): AsyncGenerator<Buffer> {
      yield Buffer.from('email,arm,tier\n');
      while (byteCount < FILE_BYTES) {
        const lines = Array.from({ length: ROWS_A_PIECE }, (_, i) => `person${rows + i}@example.com,mens,${i}\n`);
        rows += ROWS_A_PIECE;
        yield Buffer.from(lines.join(''));
      }
    }
    async function* hashed(): AsyncGenerator<Buffer> {
      for await (const piece of pieces()) {
        hash.update(piece);
        byteCount += piece.length;
        yield piece;
      }
    }
    const memory = watchMemory();
    await client.send(uploadId, 0, hashed());
    await client.complete({ uploadId, byteCount: BigInt(byteCount), sha256: hash.digest() });
    const layout = { format: datasets.FileFormat.CSV, encoding: '', delimiter: '', quote: '', nullWords: [] };
    const mode = datasets.SnapshotMode.REPLACE;
    const { snapshot } = await client.publish({ uploadId, datasetId, mode, tolerance: undefined, layout });
    const most = memory.stop();
    expect(snapshot?.rowCount).toBe(BigInt(rows));
    expect(most.worker).toBeGreaterThan(0);
    expect(most.service - memory.atRest).toBeLessThan(SERVICE_GROWTH_BYTES);
    expect(most.worker).toBeLessThan(WORKER_BYTES);
    if (isLong) process.stdout.write(`${JSON.stringify({ byteCount, rows, atRest: memory.atRest, ...most })}\n`);
  });
});
