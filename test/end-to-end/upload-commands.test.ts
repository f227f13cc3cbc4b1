import { appendFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uploads } from '../../proto/index.ts';
import { galley, startGalley } from '../support/galley-command.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { createDataset } from '../support/service-table.ts';

const LONG_MS = 240_000;
const MIB = 1_048_576;

let stage: ServiceStage;
let folder: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  folder = join(stage.directory, 'files');
  mkdirSync(folder);
});
afterAll(() => stage[Symbol.asyncDispose]());

function fileOf(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const columns = ['email:email', 'arm:text', 'tier:integer'];
const csvOf = (rows: number, from = 0): string =>
  `email,arm,tier\n${Array.from({ length: rows }, (_, i) => `p${from + i}@example.com,mens,${i}\n`).join('')}`;
const newDataset = async () => (await createDataset(stage, 'brand', columns)).datasetId;
const snapshotsOf = async (datasetId: string) => (await stage.as('brand').datasets.get(datasetId)).snapshots;

describe('a brand with a file', () => {
  it('infers, corrects, creates, tries, uploads and looks', { timeout: LONG_MS }, async () => {
    const rows = Array.from(
      { length: 300 },
      (_, i) =>
        `P${i}@Example.com;2024-01-${String((i % 28) + 1).padStart(2, '0')};${i},50;${i % 50 === 0 ? 'x' : i}\n`,
    );
    const path = fileOf('orders.csv', `E-Mail;Day;Spend;Tier\n${rows.join('').replaceAll(',50', '.50')}`);
    const inferred = await galley(stage, 'brand', ['dataset', 'infer', path]);
    expect(inferred).toMatchObject({ code: 0 });
    const schema = JSON.parse(inferred.stdout);
    expect(schema.file).toMatchObject({ format: 'csv', delimiter: ';' });
    expect(schema.columns.map((c: { kind: string }) => c.kind)).toEqual([
      'email',
      'date',
      'decimal',
      expect.any(String),
    ]);
    expect(inferred.stderr).toContain('E-Mail');

    schema.columns[3] = { name: 'tier', source: 'Tier', kind: 'integer', nullable: false };
    schema.tolerance = { rows: 0, share: 0.1 };
    const schemaPath = fileOf('schema.json', JSON.stringify(schema));
    const created = await galley(stage, 'brand', [
      '--json',
      'dataset',
      'create',
      '--schema',
      schemaPath,
      '--name',
      'orders',
    ]);
    expect(created).toMatchObject({ code: 0 });
    const { datasetId } = JSON.parse(created.stdout);

    const strict = ['dataset', 'upload', datasetId, path, '--tolerate', '5', '--rejects', join(folder, 'bad.csv')];
    const refused = await galley(stage, 'brand', strict);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('UPLOAD_REFUSED');
    const bad = readFileSync(join(folder, 'bad.csv'), 'utf8').split('\n');
    expect(bad.slice(0, 2)).toEqual(['line,column,reason', '2,tier,not-an-integer']);
    const tried = await galley(stage, 'brand', ['dataset', 'upload', datasetId, path, '--dry-run']);
    expect(tried).toMatchObject({ code: 0 });
    expect(tried.stdout).toContain('it would be published');
    expect(await snapshotsOf(datasetId)).toEqual([]);

    const done = await galley(stage, 'brand', ['dataset', 'upload', datasetId, path]);
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toContain('294 rows, 6 refused');
    // One upload for all of this: nothing was sent twice.
    const all = await stage.as('brand').uploads.list();
    expect(all).toHaveLength(1);
    const again = await galley(stage, 'brand', ['dataset', 'upload', datasetId, path]);
    expect(again.stdout).toContain('published before');
    const more = await galley(stage, 'brand', ['dataset', 'upload', datasetId, path, '--again', '--mode', 'append']);
    expect(more.stdout).toContain('588 rows in 2 parts');
    const shown = await galley(stage, 'brand', ['dataset', 'show', datasetId]);
    expect(shown.stdout).toContain('append');
  });

  it('is told what is wrong with its schema file, and where', { timeout: LONG_MS }, async () => {
    const path = fileOf('wrong.json', '{"columns":[{"name":"email","kind":"mail"}]}');
    const { code, stderr } = await galley(stage, 'brand', ['dataset', 'create', 'x', '--schema', path]);
    expect(code).toBe(1);
    expect(stderr).toContain('columns[0].kind');
    expect(stderr).toContain('card_number');
  });

  it('sends standard input', { timeout: LONG_MS }, async () => {
    const datasetId = await newDataset();
    const input = Buffer.from(csvOf(20));
    const args = ['dataset', 'upload', datasetId, '-', '--format', 'csv'];
    const sent = await galley(stage, 'brand', args, { input });
    expect(sent).toMatchObject({ code: 0 });
    expect((await snapshotsOf(datasetId)).at(-1)?.rowCount).toBe(20n);
  });
});

/** A way to the service that can be cut, and that counts what went up. */
class CuttableWay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  sentBytes = 0;

  constructor(target: () => string) {
    this.#server = createServer((near) => {
      const [host, port] = target().split(':');
      const far = connect(Number(port), host);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      }
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      near.on('data', (part) => {
        this.sentBytes += part.length;
      });
      near.pipe(far).pipe(near);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve()));
    const address = this.#server.address();
    return typeof address === 'object' ? `127.0.0.1:${address?.port}` : '';
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('an upload that is interrupted', () => {
  // Larger than what connections and pipes hold by themselves, so that there is something to interrupt.
  const LARGE_ROWS = 800_000;
  const KILLED_ROWS = 450_000;
  const large = csvOf(LARGE_ROWS);

  const committed = async (requestId: string): Promise<number> => {
    const found = (await stage.as('brand').uploads.list()).find((one) => one.requestId === requestId);
    return Number(found?.committedBytes ?? 0n);
  };

  it('goes on by itself after a cut connection and a service that died', { timeout: LONG_MS }, async () => {
    await using way = new CuttableWay(() => stage.service.address());
    const server = await way.listen();
    const datasetId = await newDataset();
    const path = fileOf('large.csv', large);
    const args = ['dataset', 'upload', datasetId, path, '--request-id', 'cut'];
    const command = await startGalley(stage, 'brand', args, { server });
    let lost = 0;
    for (const [index, how] of (['cut', 'kill', 'cut'] as const).entries()) {
      await expect
        .poll(() => committed('cut'), { timeout: 120_000, interval: 10 })
        .toBeGreaterThanOrEqual((index + 1) * 6 * MIB);
      if (how === 'cut') way.cut();
      else {
        await stage.service.end('SIGKILL');
        way.cut();
        await stage.crash();
      }
      lost += 1;
    }
    const ended = await command.end;
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toContain(`${LARGE_ROWS} rows`);
    // Sent again: what was under way, and at the death what was no whole segment yet.
    expect(way.sentBytes).toBeGreaterThan(large.length);
    expect(way.sentBytes).toBeLessThan(large.length + lost * 4 * MIB + 8 * MIB);
  });

  it('goes on when its command is killed and run again', { timeout: LONG_MS }, async () => {
    await using way = new CuttableWay(() => stage.service.address());
    const server = await way.listen();
    const datasetId = await newDataset();
    const file = csvOf(KILLED_ROWS);
    const path = fileOf('killed.csv', file);
    const args = ['dataset', 'upload', datasetId, path];
    const first = await startGalley(stage, 'brand', args, { server });
    const mine = async () => (await stage.as('brand').uploads.list()).find((one) => one.fileName === 'killed.csv');
    await expect
      .poll(async () => Number((await mine())?.committedBytes ?? 0n), { timeout: 120_000, interval: 10 })
      .toBeGreaterThanOrEqual(4 * MIB);
    first.child.kill('SIGKILL');
    await first.end;
    expect((await mine())?.state).toBe(uploads.UploadState.RECEIVING);
    const second = await galley(stage, 'brand', args, { server });
    expect(second).toMatchObject({ code: 0 });
    expect(way.sentBytes).toBeLessThan(file.length + 6 * MIB);
    expect((await snapshotsOf(datasetId)).at(-1)?.rowCount).toBe(BigInt(KILLED_ROWS));
  });
});

describe('a dataset that follows a file', () => {
  const refresh = async (datasetId: string, path: string, mode: string) => {
    const ended = await galley(stage, 'brand', ['dataset', 'refresh', datasetId, path, '--mode', mode, '--once']);
    return { code: ended.code, ...JSON.parse(ended.stdout) };
  };

  it('has a new snapshot when the content has changed, and only then', { timeout: LONG_MS }, async () => {
    const datasetId = await newDataset();
    const path = fileOf('followed.csv', csvOf(10));
    expect(await refresh(datasetId, path, 'replace')).toMatchObject({ code: 0, result: 'published', rows: 10 });
    utimesSync(path, new Date(), new Date());
    expect(await refresh(datasetId, path, 'replace')).toMatchObject({ code: 0, result: 'unchanged' });
    appendFileSync(path, 'q@example.com,mens,1\n');
    expect(await refresh(datasetId, path, 'replace')).toMatchObject({ result: 'published', rows: 11 });
    writeFileSync(path, csvOf(10));
    expect(await refresh(datasetId, path, 'replace')).toMatchObject({ result: 'published', rows: 10 });
    expect(await snapshotsOf(datasetId)).toHaveLength(3);
    writeFileSync(path, 'email\n');
    expect(await refresh(datasetId, path, 'replace')).toMatchObject({
      code: 1,
      result: 'failed',
      reason: 'UPLOAD_REFUSED',
    });
    expect(await snapshotsOf(datasetId)).toHaveLength(3);
  });

  it('appends what has not been appended', { timeout: LONG_MS }, async () => {
    const datasetId = await newDataset();
    const [a, b] = [fileOf('a.csv', csvOf(4)), fileOf('b.csv', csvOf(6, 100))];
    expect(await refresh(datasetId, a, 'append')).toMatchObject({ result: 'published', rows: 4 });
    expect(await refresh(datasetId, b, 'append')).toMatchObject({ result: 'published', rows: 10 });
    expect(await refresh(datasetId, a, 'append')).toMatchObject({ result: 'unchanged' });
  });
});
