// Data at rest, by the operator's own commands: keys are changed without a byte of data, and a flipped bit is found.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFiles, filesBelow } from '../support/service-files.ts';
import { mailingsCsv } from '../support/service-people.ts';
import { armsSql, ask, entriesOf, joined } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

const LONG_MS = 300_000;
/** Bytes of a sealed file's header: the only ones that a rotation may write. */
const HEADER_BYTES = 8_192;
const serverMain = new URL('../../api/main.ts', import.meta.url).pathname;

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

const asBrand = (sql: string, epsilon = 0.5) => ask(stage, 'brand', table.collaborationId, sql, { epsilon });

/** Runs `galley-server keys` on the stage's data directory. */
function keys(...args: readonly string[]): Promise<{ status: number; out: string; error: string }> {
  const line = [serverMain, 'keys', ...args, '--data', stage.dataDirectory];
  return new Promise((resolve) => {
    execFile(process.execPath, line, (failure, out, error) => {
      resolve({ status: failure === null ? 0 : Number(failure.code), out, error });
    });
  });
}

/** The column of spends, which the platform's file alone has. */
function spendFile(): string {
  const found = filesBelow(stage.dataDirectory).find((path) => /^parts\/.*\/column-3\.sealed$/.test(path));
  if (found === undefined) throw new Error('there is no fourth column');
  return found;
}

describe('a flipped bit of a column', { timeout: LONG_MS }, () => {
  let whole: Buffer;

  beforeAll(() => {
    const path = join(stage.dataDirectory, spendFile());
    whole = readFileSync(path);
    const altered = Buffer.from(whole);
    altered[HEADER_BYTES + 10] = (altered[HEADER_BYTES + 10] ?? 0) ^ 4;
    writeFileSync(path, altered);
  });

  afterAll(() => writeFileSync(join(stage.dataDirectory, spendFile()), whole));

  it('fails a question over it like any other, and tells the operator alone which file it is', async () => {
    await expectRefused(asBrand(armsSql), 'RUN_FAILED');
    expect(stage.operatorLog()).toMatch(/the seal of `part\/[^`]*\/column\/3` is broken at chunk 0/);
    expect(JSON.stringify(await entriesOf(stage, 'run-failed'))).not.toMatch(/seal|column/);
    const { rows } = await asBrand(`select count(distinct m.email) as persons ${joined}`);
    expect(rows).toHaveLength(1);
  });

  it('is named by a check beside the running service: file, dataset, part, column and chunk', async () => {
    const { status, out } = await keys('check', '--json');
    const { faults } = JSON.parse(out) as { faults: readonly object[] };
    const part = spendFile().split('/')[1];
    const named = { file: spendFile(), fault: 0, dataset: table.outcomesId, part, column: 'spend' };
    expect({ status, faults }).toEqual({ status: 1, faults: [named] });
    expect((await keys('check')).out).toMatch(
      /broken at chunk 0, dataset `.*`, part `.*`, column `spend`\n.*1 broken\n$/,
    );
  });
});

describe('a flipped bit of a release in its row', { timeout: LONG_MS }, () => {
  const write = (flip: number): string => {
    using store = new DatabaseSync(join(stage.dataDirectory, 'control.sqlite'));
    const row = store.prepare('select release_id, sealed_bytes from releases where sealed_bytes is not null').get();
    const altered = Buffer.from(row?.sealed_bytes as Uint8Array);
    altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ flip;
    store.prepare('update releases set sealed_bytes = ? where release_id = ?').run(altered, row?.release_id ?? '');
    return String(row?.release_id);
  };

  afterAll(() => void write(1));

  it('is named by a check beside the running service', async () => {
    await asBrand(`select count(distinct m.email) as persons ${joined}`, 0.7);
    const release = write(1);
    const { status, out } = await keys('check', '--json');
    const { faults } = JSON.parse(out) as { faults: readonly object[] };
    expect({ status, faults }).toEqual({ status: 1, faults: [{ file: 'control.sqlite', fault: 'header', release }] });
    expect((await keys('check')).out).toContain(`broken at its header, release \`${release}\``);
  });
});

describe('keys', { timeout: LONG_MS }, () => {
  it('are shown beside the running service, and not changed while it runs', async () => {
    const { out } = await keys('status', '--json');
    const { keys: found } = JSON.parse(out) as { keys: readonly { owner: string; fileCount: number }[] };
    const owners = found.map(({ owner }) => owner);
    expect(owners).toEqual(expect.arrayContaining([table.outcomesId, table.mailingsId, 'vault']));
    for (const command of [['rotate-root'], ['rotate-dataset', table.mailingsId]]) {
      expect(await keys(...command)).toMatchObject({ status: 1, error: expect.stringMatching(/in use by another/) });
    }
  });

  it('are changed while it is stopped, without a byte of data, and everything goes on', async () => {
    await asBrand(armsSql);
    await stage.end('SIGTERM');
    const sealed = () => dataFiles(stage.dataDirectory).concat(filesBelow(stage.dataDirectory).filter(isOfParts));
    const isOfParts = (path: string) => /^(parts|originals)\//.test(path);
    const dataOf = () => sealed().map((path) => readFileSync(join(stage.dataDirectory, path)).subarray(HEADER_BYTES));
    const before = dataOf();
    for (const owner of [table.mailingsId, table.outcomesId, 'vault']) {
      expect(await keys('rotate-dataset', owner)).toMatchObject({ status: 0, error: '' });
    }
    expect((await keys('rotate-root')).status).toBe(0);
    expect(dataOf().every((bytes, index) => before[index]?.equals(bytes))).toBe(true);
    expect((await keys('check')).out).toMatch(/all is sound/);

    await stage.start();
    const { rows } = await asBrand(armsSql, 0.6);
    expect(rows).toHaveLength(3);
    const takenOut = await Array.fromAsync(
      stage.as('brand').datasets.takeOut(table.mailingsId, table.mailingsSnapshotId),
    );
    expect(Buffer.concat(takenOut).toString()).toBe(mailingsCsv());
    const rotations = (await entriesOf(stage, 'key-rotated')).map(({ subject }) => subject);
    expect(rotations).toEqual([
      { key: 'dataset', dataset: table.mailingsId, from: 1, to: 2 },
      { key: 'dataset', dataset: table.outcomesId, from: 1, to: 2 },
      { key: 'dataset', dataset: 'vault', from: 1, to: 2 },
      { key: 'root', from: 1, to: 2 },
    ]);
  });
});
