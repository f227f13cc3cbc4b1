import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { withoutBubblewrap } from '../support/hidden-bubblewrap.ts';
import { armsSql, ask } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, bindMailings, createDataset, mailingsColumns, setTable, upload } from '../support/service-table.ts';

const DEVELOPMENT = { wall: { developmentWithoutBubblewrap: true } };
const csv = 'email,arm,tier\nana@example.com,womens,1\nbao@example.com,mens,2\n';
const serviceMain = new URL('../../api/main.ts', import.meta.url).pathname;

/** Three starts of the service, each of which proves two walls, on a machine that has other work. */
const THREE_STARTS_MS = 300_000;

/** What the doctor of a machine without bubblewrap says. */
function examineWithout(...options: string[]): { status: number | null; stdout: string } {
  const [command = '', ...rest] = [...withoutBubblewrap(), process.execPath, serviceMain, 'doctor', ...options];
  return spawnSync(command, rest, { encoding: 'utf8' });
}

let stage: ServiceStage;
beforeAll(async () => {
  stage = await ServiceStage.open(DEVELOPMENT, withoutBubblewrap());
});
afterAll(() => stage[Symbol.asyncDispose]());

describe('a service without bubblewrap', () => {
  it(
    'does not start unless it is told that it is for development, and says what to do',
    async () => {
      const other = ServiceStage.open({}, withoutBubblewrap());
      await expect(other).rejects.toThrow('`bubblewrap` (install the package `bubblewrap`');
    },
    THREE_STARTS_MS,
  );

  it('says loudly what workers are not kept from', () => {
    const log = stage.operatorLog();
    expect(log).toContain('DEVELOPMENT WALL: made-up data only');
    expect(log).toContain('reads-no-host-file');
  });

  it('answers over data that its owners declare made up, and says so wherever it is listed', async () => {
    const table = await setTable(stage, { synthetic: true });
    const [listed] = await stage.as('brand').datasets.list();
    expect(listed).toMatchObject({ datasetId: table.mailingsId, synthetic: true });
    expect((await ask(stage, 'brand', table.collaborationId, armsSql)).rows).toHaveLength(3);
  });

  it('refuses other data before a byte of it is read, and questions over it', async () => {
    const { datasetId } = await createDataset(stage, 'brand', mailingsColumns);
    await expectRefused(upload(stage, 'brand', datasetId, csv), 'SYNTHETIC_ONLY');
    expect(await stage.as('brand').datasets.get(datasetId)).toMatchObject({ synthetic: false, snapshots: [] });
    const collaborationId = await agree(stage);
    await bindMailings(stage, collaborationId, datasetId);
    const sql = 'select arm, count(*) as n from chenxi.mailings group by arm';
    await expectRefused(ask(stage, 'brand', collaborationId, sql), 'SYNTHETIC_ONLY');
  });
});

describe('the doctor of a machine without bubblewrap', () => {
  it('names it and what to do, and ends with 1', { timeout: THREE_STARTS_MS }, () => {
    const { status, stdout } = examineWithout();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^MISSING +bubblewrap +machine +install the package `bubblewrap`/m);
    expect(stdout).toContain('the wall does not hold');
  });

  it('tells what the development wall still keeps, and that it is for made-up data', {
    timeout: THREE_STARTS_MS,
  }, () => {
    const { status, stdout } = examineWithout('--development-wall', '--json');
    const { sound, development, checks } = JSON.parse(stdout);
    expect({ status, sound, development }).toEqual({ status: 0, sound: false, development: true });
    expect(checks).toContainEqual(expect.objectContaining({ name: 'takes-no-more-memory', holds: true }));
    expect(checks).toContainEqual(expect.objectContaining({ name: 'reads-no-host-file', holds: false }));
  });
});

describe('a service that holds data of its members', () => {
  it(
    'does not start behind the development wall',
    async () => {
      await using real = await ServiceStage.open();
      const { datasetId } = await createDataset(real, 'brand', mailingsColumns);
      await upload(real, 'brand', datasetId, csv);
      await real.service.end('SIGTERM');
      const again = real.start(DEVELOPMENT, withoutBubblewrap());
      await expect(again).rejects.toThrow(`dataset \`${datasetId}\` of`);
      await real.start(DEVELOPMENT);
      // Where the wall holds, the flag changes nothing: it was said once, by the start that failed.
      expect(real.operatorLog().match(/DEVELOPMENT WALL/g)).toHaveLength(1);
    },
    THREE_STARTS_MS,
  );
});
