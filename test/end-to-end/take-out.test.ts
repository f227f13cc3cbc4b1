import { execFile } from 'node:child_process';
import { hash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ServiceStage } from '../support/service-stage.ts';
import { createDataset } from '../support/service-table.ts';

// Each command is a process of its own, on a machine that others use too.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const cli = new URL('../../cli/main.ts', import.meta.url).pathname;
const run = promisify(execFile);

let stage: ServiceStage;
let folder: string;
let tokenFile: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  folder = mkdtempSync(join(stage.directory, 'brand-'));
  tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, await stage.token('brand'), { mode: 0o600 });
});

afterAll(() => stage[Symbol.asyncDispose]());

const galley = async (...args: string[]): Promise<string> => {
  const connection = ['--server', stage.service.address(), '--token-file', tokenFile];
  return (await run(process.execPath, [cli, ...args, ...connection])).stdout;
};
const fileOf = (first: number): string =>
  `email,arm\r\n${Array.from({ length: 50 }, (_, n) => `"p${first + n}@example.com",mens`).join('\r\n')}\r\n`;

describe('galley dataset take-out', () => {
  it('gives back every file that was brought, by its name and byte for byte, and goes on where it was', async () => {
    const { datasetId } = await createDataset(stage, 'brand', ['email:email', 'arm:text']);
    const files = new Map<string, Buffer>([
      ['january.csv', Buffer.from(fileOf(0))],
      ['february.csv.gz', gzipSync(fileOf(100))],
    ]);
    for (const [name, bytes] of files) {
      writeFileSync(join(folder, name), bytes);
      await galley(
        'dataset',
        'upload',
        datasetId,
        join(folder, name),
        '--mode',
        'append',
        '--request-id',
        randomUUID(),
      );
    }
    const out = join(folder, 'out');
    const told = JSON.parse(await galley('--json', 'dataset', 'take-out', datasetId, '--out', out)) as {
      sha256: string;
    }[];
    expect(readdirSync(out).sort()).toEqual([...files.keys()].sort());
    for (const [name, bytes] of files) expect(readFileSync(join(out, name))).toEqual(bytes);
    expect(told.map(({ sha256 }) => sha256)).toEqual([...files.values()].map((bytes) => hash('sha256', bytes)));

    // As an interruption leaves it: half of the first file.
    const snapshotId = (await stage.as('brand').datasets.get(datasetId)).snapshots.at(-1)?.snapshotId ?? '';
    const again = join(folder, 'again');
    mkdirSync(again);
    writeFileSync(join(again, `${snapshotId}-0.part`), files.get('january.csv')?.subarray(0, 100) ?? '');
    await galley('dataset', 'take-out', datasetId, '--out', again);
    expect(readFileSync(join(again, 'january.csv'))).toEqual(files.get('january.csv'));
  });

  it('gives back what is left after an erasure at the command line', async () => {
    const { datasetId } = await createDataset(stage, 'brand', ['email:email', 'arm:text']);
    const path = join(folder, 'march.csv.gz');
    writeFileSync(path, gzipSync(fileOf(200)));
    await galley('dataset', 'upload', datasetId, path);
    expect(await galley('person', 'opt-out', '--email', 'P201@Example.com')).toContain('1 identifiers');
    expect(await galley('person', 'opt-outs')).toContain('email');
    const list = join(folder, 'gone.csv');
    writeFileSync(list, 'email, P203@example.com \nemail,p204@example.com\n');
    const erased = await galley('person', 'erase', '--email', 'p202@example.com', '--identifiers', list, '--yes');
    expect(erased).toContain('3 rows of 1 uploads are gone');
    expect(erased).toMatch(/receipt: entry \d+ of the log/u);
    const out = join(folder, 'left');
    await galley('dataset', 'take-out', datasetId, '--out', out);
    const rows = fileOf(200)
      .split('\r\n')
      .filter((row) => !/p20[234]@/u.test(row));
    expect(readFileSync(join(out, 'march.csv.gz.csv'), 'utf8')).toBe(rows.join('\r\n'));
    expect(await galley('dataset', 'erase', datasetId, '--yes')).toContain('47 rows of 1 uploads are gone');
  });
});
