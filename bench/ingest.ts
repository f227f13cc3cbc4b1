// `node bench/ingest.ts`: what it costs to bring a file, from its first byte to a snapshot that can be asked, beside the
// engine's own load of the same file into a table on the disk. `--long` adds a hundred million rows; `--rows N` takes
// other sizes.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseColumn } from '../cli/commands/index.ts';
import { datasets, uploads } from '../proto/index.ts';
import { runSql } from '../test/support/engine.ts';
import { mailingsRules } from '../test/support/service-rules.ts';
import { ServiceStage } from '../test/support/service-stage.ts';
import { agree } from '../test/support/service-table.ts';
import { compare, type Figure } from './compare.ts';
import { type PeakMemory, watchMemory } from './peak-memory.ts';
import { printFigures } from './print-figures.ts';

const MILLION_ROWS = 1_000_000;
const ROUNDS = 3;
/** What the engine may use, which is what the service has on the machine that is spoken of. */
const THREADS = 2;
/** Interruptions of an upload that is resumed. */
const INTERRUPTIONS = 4;
const FORMATS = ['csv', 'parquet'] as const;
const COLUMNS = [
  'email:email',
  'member_id:member_id',
  'city:text',
  'spend:decimal(2)',
  'visits:integer',
  'day:date',
] as const;
type Format = (typeof FORMATS)[number];
type Phase = 'send' | 'publish';

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    rows: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
  },
});
const sizes = values.rows?.map(Number) ?? [
  MILLION_ROWS,
  10 * MILLION_ROWS,
  ...(values.long ? [100 * MILLION_ROWS] : []),
];
const directory = mkdtempSync(join(tmpdir(), 'galley-bench-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
await using stage = await ServiceStage.open();
await runSql(`SET threads = ${THREADS}`);
await runSql(`ATTACH '${join(directory, 'engine.duckdb')}' AS disk`);

const figures: Figure[] = [];
for (const format of FORMATS) for (const rows of sizes) figures.push(...(await figuresOf(format, rows)));
printFigures(figures);

async function figuresOf(format: Format, rows: number): Promise<Figure[]> {
  const path = join(directory, `${rows}.${format}`);
  await writeRows(path, format, rows);
  const bytes = statSync(path).size;
  const name = `${rows / MILLION_ROWS} million rows of ${format}`;
  const phases: Record<Phase, number[]> = { send: [], publish: [] };
  const load = () => loadByEngine(path, format);
  const whole = await compare({
    name: `${name}: first byte to a snapshot that can be asked`,
    baseline: "DuckDB's own COPY into a table on the disk",
    roundCount: ROUNDS,
    run: async (round) => await bring(path, { format, isShared: true, phases: round === 0 ? undefined : phases }),
    against: load,
  });
  const alone = await compare({
    name: `${name}: the same without anybody to share it with, so without persons`,
    baseline: "DuckDB's own COPY into a table on the disk",
    roundCount: ROUNDS,
    run: () => bring(path, { format, isShared: false }),
    against: load,
  });
  const peak = await watchMemory(stage.service, () => bring(path, { format, isShared: true }));
  printSplit(name, { bytes, phases, peak });
  if (rows !== sizes[0]) return [whole, alone];
  return [whole, alone, ...(await transferFigures(name, path, format))];
}

async function transferFigures(name: string, path: string, format: Format): Promise<Figure[]> {
  const { datasetId, snapshotId } = await bring(path, { format, isShared: false });
  return [
    await compare({
      name: `${name}: sent in ${INTERRUPTIONS + 1} streams`,
      baseline: 'the same in one',
      roundCount: ROUNDS,
      run: () => send(path, datasetId, INTERRUPTIONS + 1),
      against: () => send(path, datasetId, 1),
    }),
    await compare({
      name: `${name}: taken out`,
      baseline: 'sent in one stream',
      roundCount: ROUNDS,
      run: async () => {
        for await (const _ of stage.as('brand').datasets.takeOut(datasetId, snapshotId));
      },
      against: () => send(path, datasetId, 1),
    }),
  ];
}

async function writeRows(path: string, format: Format, rows: number): Promise<void> {
  const source = `SELECT 'person' || (i * 7919) % ${rows} || '@example.com' AS email, 'M' || (i + 1000000) AS member_id,
    'city' || i % 40 AS city, CAST((i * 37) % 50000 / 100 AS DECIMAL(18, 2)) AS spend, i % 13 AS visits,
    DATE '2026-01-01' + CAST(i % 365 AS INTEGER) AS day FROM range(${rows}) t(i)`;
  await runSql(`COPY (${source}) TO '${path}' (FORMAT ${format}${format === 'csv' ? ', HEADER' : ''})`);
}

async function loadByEngine(path: string, format: Format): Promise<void> {
  await runSql(`CREATE OR REPLACE TABLE disk.loaded
    (email VARCHAR, member_id VARCHAR, city VARCHAR, spend DECIMAL(18, 2), visits BIGINT, day DATE)`);
  await runSql(`COPY disk.loaded FROM '${path}' (FORMAT ${format}${format === 'csv' ? ', HEADER' : ''})`);
  await runSql('CHECKPOINT disk');
}

async function newDataset(isShared: boolean): Promise<string> {
  const columns = COLUMNS.map((column) => parseColumn(column));
  const request = { displayName: 'rows', columns, requestId: randomUUID() };
  const { datasetId } = await stage.as('brand').datasets.create(request);
  if (!isShared) return datasetId;
  const collaborationId = await agree(stage);
  const rulesJson = mailingsRules({ groupKeys: { city: {} }, filters: [], audience: null });
  await stage.as('brand').collaborations.bind({ collaborationId, datasetId, alias: 'rows', rulesJson });
  return datasetId;
}

async function bring(
  path: string,
  of: { readonly format: Format; readonly isShared: boolean; readonly phases?: Record<Phase, number[]> | undefined },
): Promise<{ datasetId: string; snapshotId: string }> {
  const datasetId = await newDataset(of.isShared);
  const began = performance.now();
  const uploadId = await send(path, datasetId, 1);
  const sent = performance.now();
  const format = of.format === 'csv' ? datasets.FileFormat.CSV : datasets.FileFormat.PARQUET;
  const { snapshot } = await stage.as('brand').uploads.publish({
    ...{ uploadId, datasetId, mode: datasets.SnapshotMode.REPLACE, tolerance: undefined },
    layout: datasets.FileLayout.create({ format }),
  });
  of.phases?.send.push(sent - began);
  of.phases?.publish.push(performance.now() - sent);
  return { datasetId, snapshotId: snapshot?.snapshotId ?? '' };
}

/** Sends a file in so many streams, each of which ends on purpose where the next one goes on. */
async function send(path: string, datasetId: string, streams: number): Promise<string> {
  const client = stage.as('brand').uploads;
  const { size } = statSync(path);
  const { uploadId } = await client.begin({ requestId: randomUUID(), datasetId, declaredBytes: BigInt(size) });
  let upload = await client.get(uploadId);
  while (Number(upload.committedBytes) < size) {
    const start = Number(upload.committedBytes);
    const end = Math.min(size, start + Math.ceil(size / streams)) - 1;
    upload = await client.send(uploadId, start, createReadStream(path, { start, end }));
  }
  const sha256 = await digestOf(path);
  const { state } = await client.complete({ uploadId, byteCount: BigInt(size), sha256 });
  if (state !== uploads.UploadState.RECEIVED) throw new Error('the upload did not arrive whole');
  return uploadId;
}

async function digestOf(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest();
}

function printSplit(
  name: string,
  { bytes, phases, peak }: { bytes: number; phases: Record<Phase, number[]>; peak: PeakMemory },
): void {
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0);
  const total = sum(phases.send) + sum(phases.publish);
  const share = (phase: Phase): string => `${((100 * sum(phases[phase])) / total).toFixed(0)} %`;
  const mib = (value: number): string => `${value.toFixed(0)} MiB`;
  process.stdout.write(
    `${name}, ${mib(bytes / 2 ** 20)}: sending ${share('send')}, reading and sealing ${share('publish')} of the time; ` +
      `the service grew by ${mib(peak.serviceGrowthMib)}, a worker had ${mib(peak.workerMib)}\n`,
  );
}
