// An auditor makes decisions again from what was recorded of them, on its own machine, with the rules alone.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { replayAs } from '../support/service-replay.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
});

afterAll(() => stage[Symbol.asyncDispose]());

const citiesSql = `select o.city, count(*) as n ${joined} where o.city <> '虹口' group by o.city`;

async function lastRefused(): Promise<string> {
  const refused = (await entriesOf(stage, 'question-refused')).at(-1);
  return String(refused?.subject.question);
}

const cli = new URL('../../cli/main.ts', import.meta.url).pathname;

describe('a decision', () => {
  it('replays from its record: admitted, answered from the store, refused by a rule, refused by a budget', async () => {
    const { collaborationId } = await setTable(stage, { consumerEpsilon: 1.2 });
    const { query } = await ask(stage, 'brand', collaborationId, citiesSql);
    const again = await ask(stage, 'brand', collaborationId, citiesSql);
    const admitted = await replayAs(stage, query.queryId);
    expect(admitted).toMatchObject({ decided: 'admitted', differences: [], leafIndex: Number(query.leafIndex) });
    const charge = { rho: query.charged?.rho };
    expect(admitted.record).toMatchObject({ decision: { charge }, inputs: { sql: citiesSql, epsilon: 1 } });
    const stored = await replayAs(stage, again.query.queryId);
    expect(stored).toMatchObject({
      decided: 'admitted',
      differences: [],
      record: { decision: { charge: { rho: 0 } } },
    });

    const brand = stage.as('brand').queries;
    const submit = (sql: string) => brand.submit(questionOf(collaborationId, sql), randomUUID());
    await expectRefused(submit(`select m.email ${joined}`), 'QUESTION_REFUSED');
    const refused = await replayAs(stage, await lastRefused());
    expect(refused).toMatchObject({ decided: 'refused', differences: [], leafIndex: expect.any(Number) });
    await expectRefused(submit(`select count(*) as n ${joined}`), 'BUDGET_SPENT');
    const spent = await replayAs(stage, await lastRefused());
    expect(spent).toMatchObject({ decided: 'budget-spent', differences: [], leafIndex: expect.any(Number) });
  });

  it('replays with the bounds that an earlier question has found', async () => {
    const { collaborationId } = await setTable(stage);
    const askedFor = async (aggregate: string): Promise<unknown> => {
      const sql = `select ${aggregate} as answer ${joined}`;
      const { query } = await ask(stage, 'brand', collaborationId, sql);
      const replayed = await replayAs(stage, query.queryId);
      expect(replayed).toMatchObject({ decided: 'admitted', differences: [], leafIndex: Number(query.leafIndex) });
      return replayed.record;
    };
    expect(await askedFor('sum(auto_clamp(o.spend))')).toMatchObject({ inputs: { ledger: { storedBounds: [] } } });
    expect(await askedFor('avg(auto_clamp(o.spend))')).toMatchObject({ inputs: { ledger: { storedBounds: [0] } } });
  });

  it('shows its record to auditors of the collaboration alone, and the log says who looked', async () => {
    const { collaborationId } = await setTable(stage);
    const { query } = await ask(stage, 'brand', collaborationId, citiesSql);
    for (const actor of ['brand', 'platform'] as const) {
      await expectRefused(stage.as(actor).audit.decision(query.queryId), 'PERMISSION_DENIED');
    }
    await expectRefused(stage.as('auditor').audit.decision(`q-${'0'.repeat(32)}`), 'NOT_FOUND');
    await replayAs(stage, query.queryId);
    const [read, ...others] = await entriesOf(stage, 'decision-read');
    expect(read === undefined ? [] : [read, ...others].map((e) => e.subject.question)).toContain(query.queryId);
  });

  it('is made again by `galley audit replay`, which says what it came to and what binds it', async () => {
    const { collaborationId } = await setTable(stage);
    const { query } = await ask(stage, 'brand', collaborationId, citiesSql);
    const where = ['--server', stage.service.address()];
    const env = { ...process.env, GALLEY_TOKEN: await stage.token('auditor') };
    const replay = (...args: string[]) =>
      spawnSync(process.execPath, [cli, 'audit', 'replay', ...args, ...where], { encoding: 'utf8', env });
    const text = replay(query.queryId);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toBe(
      [
        'identical: admitted',
        `bound by entry ${query.leafIndex} of the log`,
        'about: question; decided by 0.1.0, whose rules are the very rules here\n',
      ].join('\n'),
    );
    const saved = join(stage.directory, 'record.json');
    const json = replay(String(query.leafIndex), '--json', '--save', saved);
    expect(JSON.parse(json.stdout)).toMatchObject({ identical: true, decided: 'admitted' });
    expect(JSON.parse(readFileSync(saved, 'utf8'))).toMatchObject({ about: 'question', inputs: { sql: citiesSql } });
    const whole = replay('--all', '--collaboration', collaborationId);
    expect(whole.stdout).toMatch(/^1 decisions\n[\s\S]*identical/u);
    expect(whole).toMatchObject({ status: 0 });
  }, 240_000);

  it('leaves no word of the question in the log', async () => {
    const leaves = (await entriesOf(stage)).map((entry) => JSON.stringify(entry)).join('\n');
    expect(leaves).not.toContain('虹口');
    expect(leaves).toContain('"decision":"');
  });
});
