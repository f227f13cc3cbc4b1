// Scoring functions as they are used: submitted by a brand and a service provider, called within questions and audiences.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audiences, collaborations, queries } from '../../proto/index.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { likely, likelyOf, permitting, segment, segmentOf, submit } from '../support/service-functions.ts';
import { matched } from '../support/service-people.ts';
import { ask, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { replayAs } from '../support/service-replay.ts';
import { cast, destinationId, mailingsRules, outcomesRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { grantToIsv, setTable, type Table } from '../support/service-table.ts';

const FAR_DEVIATIONS = 6;
const DEVIATIONS_OF_95 = 1.96;

/** A start proves two walls, and a busy machine takes its time over that. */
const SETTING_MS = 180_000;

let stage: ServiceStage;
let engine: StageEngine;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  const rules = permitting('chenxi/*', 'lantu/segment');
  const audience = (columns: string[]) => ({
    columns,
    minSize: 200,
    destinations: [`${cast.platform.member}/${destinationId}`],
  });
  table = await setTable(stage, {
    epsilon: 20,
    outcomesRules: {
      ...rules,
      groupKeys: { visit: {}, spend: {} },
      filters: ['visit', 'spend'],
      audience: audience(['visit', 'spend']),
    },
    mailingsRules: { ...rules, groupKeys: { tier: {} }, filters: ['tier'], audience: audience(['tier']) },
  });
  engine = await StageEngine.open(stage);
  await engine.register(stage, table.collaborationId);
  const { collaborationId } = table;
  await grantToIsv(stage, collaborationId, [collaborations.Ability.QUERY]);
  await submit(stage, likely, { collaborationId, name: 'likely' });
  await submit(stage, segment, { actor: 'isv', collaborationId, name: 'segment', onBehalfOf: cast.brand.member });
}, SETTING_MS);

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
});

/** That a released number lies where its noise may have put it. */
function expectNear(row: Readonly<Record<string, unknown>>, column: string, exact: number): void {
  const [value, low, high] = [column, `${column}_ci95_low`, `${column}_ci95_high`].map((name) => Number(row[name]));
  const deviation = ((high ?? 0) - (low ?? 0)) / 2 / DEVIATIONS_OF_95;
  expect(deviation).toBeGreaterThan(0);
  expect(Math.abs((value ?? 0) - exact)).toBeLessThanOrEqual(FAR_DEVIATIONS * deviation);
}

const segmentsSql = `select lantu.segment(o.visit, m.tier) as segment, count(distinct m.email) as persons ${joined} group by 1 order by 1`;

describe('a scoring function in a question', () => {
  it('groups persons by its labels, which are public: each shows, whoever is in it', async () => {
    const { rows } = await ask(stage, 'brand', table.collaborationId, segmentsSql);
    expect(rows.map(({ segment: label }) => label)).toEqual(['cold', 'cool', 'warm']);
    for (const row of rows) {
      expectNear(row, 'persons', matched.filter((person) => segmentOf(person) === row.segment).length);
    }
  });

  it('is summed within the ends that it declares', async () => {
    const sql = `select sum(chenxi.likely(o.visit, o.spend, m.tier)) as total, count(*) as n ${joined}`;
    const { rows } = await ask(stage, 'brand', table.collaborationId, sql);
    const [row = {}] = rows;
    expectNear(
      row,
      'total',
      matched.reduce((sum, person) => sum + likelyOf(person), 0),
    );
    expectNear(row, 'n', matched.length);
  });

  it('filters, compares and stands beside another one', async () => {
    const likelySql = 'chenxi.likely(o.visit, o.spend, m.tier)';
    const sql = `select ${likelySql} > 0.3 as hot, count(*) as n ${joined} where lantu.segment(o.visit, m.tier) <> 'cold' group by 1`;
    const { rows } = await ask(stage, 'brand', table.collaborationId, sql);
    const kept = matched.filter((person) => segmentOf(person) !== 'cold');
    expect(rows).toHaveLength(2);
    for (const row of rows) expectNear(row, 'n', kept.filter((p) => likelyOf(p) > 0.3 === row.hot).length);
  });

  it('answers the same question from the store, as long as its code is the same', async () => {
    const { collaborationId } = table;
    const again = await ask(stage, 'brand', collaborationId, segmentsSql);
    expect(again.query.stored).toBe(true);
    const { code, ...signature } = likely;
    const sql = `select avg(chenxi.twin(o.visit, o.spend, m.tier)) as mean ${joined}`;
    const first = await submit(stage, likely, { collaborationId, name: 'twin' });
    expect((await ask(stage, 'brand', collaborationId, sql)).query.stored).toBe(false);
    expect((await ask(stage, 'brand', collaborationId, sql)).query.stored).toBe(true);
    const second = await submit(stage, { ...signature, code: `${code}\n` }, { collaborationId, name: 'twin' });
    expect(second).toMatchObject({ functionId: first.functionId, version: 2 });
    expect(second.digest).not.toBe(first.digest);
    expect((await ask(stage, 'brand', collaborationId, sql)).query.stored).toBe(false);
  });

  it('is found by its service provider, which asks for the brand', async () => {
    const fields = { onBehalfOf: cast.brand.member };
    const { rows } = await ask(stage, 'isv', table.collaborationId, segmentsSql, fields);
    expect(rows).toHaveLength(3);
  });

  it('names the version of its code in the log of the decision, which replays', async () => {
    const { query } = await ask(stage, 'platform', table.collaborationId, segmentsSql);
    const admitted = (await entriesOf(stage, 'question-admitted')).find((e) => e.subject.question === query.queryId);
    const [kept] = await stage.as('platform').functions.list(table.collaborationId);
    const all = await stage.as('auditor').functions.list(table.collaborationId);
    const segments = all.find(({ name }) => name === 'segment');
    expect(kept).toBeDefined();
    expect(admitted?.subject.functions).toEqual([
      { member: cast.isv.member, name: 'segment', digest: segments?.digest },
    ]);
    const replayed = await replayAs(stage, query.queryId);
    expect(replayed).toMatchObject({ decided: 'admitted', differences: [], leafIndex: Number(query.leafIndex) });
  });
});

describe('an exact aggregation by a function', () => {
  it('is compared with what left by an earlier version, whose code is no longer the newest', async () => {
    const rules = { ...permitting('chenxi/*'), threshold: {} };
    const { collaborationId } = await setTable(stage, {
      outcomesRules: { ...rules, groupKeys: { visit: {} } },
      mailingsRules: { ...rules, groupKeys: { tier: {} } },
    });
    const place = { collaborationId, name: 'segment' };
    const exact = { mode: queries.ReleaseMode.THRESHOLD, epsilon: 0 };
    const sql = segmentsSql.replace('lantu.', 'chenxi.');
    await submit(stage, segment, place);
    const first = await ask(stage, 'brand', collaborationId, sql, exact);
    for (const { segment: label, persons } of first.rows) {
      const count = matched.filter((person) => segmentOf(person) === label).length;
      expect(Math.abs(Number(persons) - count)).toBeLessThanOrEqual(5);
    }
    // The same to the letter but for a comment: nobody is in another group.
    await submit(stage, { ...segment, code: `${segment.code}// again\n` }, place);
    const second = await ask(stage, 'brand', collaborationId, sql, exact);
    expect(second.query.stored).toBe(false);
    expect(second.rows).toEqual(first.rows);
    expect(first.rows).toHaveLength(3);
  });
});

describe('an owner who does not permit a function', () => {
  it('refuses it with the line that its rules would need', async () => {
    const { collaborationId } = await setTable(stage, { mailingsRules: permitting('chenxi/likely') });
    await submit(stage, likely, { collaborationId, name: 'likely' });
    const sql = `select sum(chenxi.likely(o.visit, o.spend, m.tier)) as total ${joined}`;
    const refusal = await expectRefused(
      stage.as('brand').queries.submit(questionOf(collaborationId, sql), randomUUID()),
      'QUESTION_REFUSED',
    );
    const [violation] = refusal.violations;
    expect(violation).toMatchObject({ rule: 'function-is-permitted', owner: cast.platform.member });
    expect(violation?.help).toContain('"functions": ["standard", "chenxi/likely"]');
    await stage.as('platform').collaborations.setRules({
      collaborationId,
      alias: 'outcomes',
      rulesJson: outcomesRules(permitting('chenxi/likely')),
    });
    expect((await ask(stage, 'brand', collaborationId, sql)).rows).toHaveLength(1);
  });
});

describe('an audience by score', () => {
  const sql = `select m.email ${joined} where chenxi.likely(o.visit, o.spend, m.tier) >= 0.2`;
  const members = matched.filter((person) => likelyOf(person) >= 0.2).map(({ outcome }) => outcome.email);
  const others = matched.filter((person) => likelyOf(person) < 0.2).map(({ outcome }) => outcome.email);

  it('is delivered as its function chose it, also after the function got other code and was retired', async () => {
    const { collaborationId } = table;
    const brand = stage.as('brand');
    const definition = {
      definition: undefined,
      collaborationId,
      displayName: audienceName,
      sql,
      onBehalfOf: '',
      requestId: randomUUID(),
    };
    const { audienceId } = await brand.audiences.define(definition);
    const { size } = await brand.audiences.estimate(audienceId, 1);
    expect(Number(size?.persons)).toBeGreaterThan(200);
    const nobody = { ...likely, code: 'export function score(visit, spend, tier) { return 0; }' };
    const { functionId, version } = await submit(stage, nobody, { collaborationId, name: 'likely' });
    expect(version).toBe(2);
    await brand.functions.retire(functionId);
    await brand.audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    await awaitActivation(stage, 'brand', audienceId, audiences.ActivationState.DELIVERED);
    expect(engine.records()).toMatchObject([{ members: members.length }]);
    expect(await engine.shownTo(members[0] ?? '')).toBe('members');
    expect(await engine.shownTo(others[0] ?? '')).toBe('everybody');
    const retired = await expectRefused(
      brand.audiences.define({ ...definition, requestId: randomUUID() }),
      'AUDIENCE_REFUSED',
    );
    expect(retired.violations[0]?.help).toContain('`chenxi.likely` was retired');
  }, 60_000);

  it('is held back when an owner takes its leave to call the function away', async () => {
    const { collaborationId } = await setTable(stage, {
      outcomesRules: permitting('chenxi/*'),
      mailingsRules: { ...permitting('chenxi/*') },
    });
    await submit(stage, segment, { collaborationId, name: 'segment' });
    const selection = `select m.email ${joined} where chenxi.segment(o.visit, m.tier) = 'warm'`;
    const brand = stage.as('brand');
    const { audienceId } = await brand.audiences.define({
      definition: undefined,
      collaborationId,
      displayName: 'warm',
      sql: selection,
      onBehalfOf: '',
      requestId: randomUUID(),
    });
    const rulesJson = mailingsRules();
    await brand.collaborations.setRules({ collaborationId, alias: 'mailings', rulesJson });
    const refusal = await expectRefused(brand.audiences.estimate(audienceId, 1), 'AUDIENCE_REFUSED');
    expect(refusal.violations[0]).toMatchObject({ rule: 'function-is-permitted', owner: cast.brand.member });
  });
});

describe('the command line', () => {
  const cli = new URL('../../cli/main.ts', import.meta.url).pathname;

  it('checks, submits, retires and lists, and underlines what is wrong where it stands', async () => {
    const { collaborationId } = table;
    const env = { ...process.env, GALLEY_TOKEN: await stage.token('brand'), GALLEY_SERVER: stage.service.address() };
    const galley = (...args: string[]) => {
      const run = spawnSync(process.execPath, [cli, 'function', ...args], { env, encoding: 'utf8' });
      return { ...run, all: `${run.stdout}${run.stderr}` };
    };
    const example = (name: string) => new URL(`../../examples/scoring/${name}`, import.meta.url).pathname;
    const bad = join(stage.directory, 'bad.js');
    writeFileSync(bad, 'export function score(visit) {\n  return fetch(visit);\n}\n');
    const where = ['--collaboration', collaborationId, '--name', 'typed'];
    const parameters = ['visit integer', 'spend number', 'arm text(coupon,control)'];
    const takes = parameters.flatMap((one) => ['--parameter', one]);
    const returns = 'number(3) between 0 and 1';
    const gives = ['--returns', returns];

    const checked = galley('check', ...where, '--file', example('churn.js'), ...takes, ...gives);
    expect(checked.all).toMatch(/^it would be kept, with the digest [0-9a-f]{64}\n$/u);
    const submitted = galley('submit', ...where, '--file', example('churn.js'), ...takes, ...gives);
    expect(submitted.all).toContain(`chenxi.typed(${parameters.join(', ')}) → ${returns}`);
    const [, id = ''] = /(fn-[0-9a-f]{32}), version 1/u.exec(submitted.stdout) ?? [];
    const module = galley('submit', ...where, '--file', example('churn.wasm'), ...takes, ...gives);
    expect(module.all).toContain(`${id}, version 2`);
    const refused = galley('submit', ...where, '--file', bad, '--parameter', 'visit integer', ...gives);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('refused (FUNCTION_REFUSED): `fetch` is declared nowhere');
    expect(refused.stderr).toContain('  2 |   return fetch(visit);\n    |          ^^^^^');

    expect(galley('retire', id).stdout).toMatch(/, retired \d{4}-/u);
    expect(galley('list', '--collaboration', collaborationId).stdout).toMatch(/chenxi\.typed .*retired/u);
  }, 240_000);
});
