import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chargesOf, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { type Actor, cast, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

const galleyMain = new URL('../../cli/main.ts', import.meta.url).pathname;

let stage: ServiceStage;
/** A collaboration for tests to which it is all one what others have asked in it. */
let common: string;

beforeAll(async () => {
  stage = await ServiceStage.open({ limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
  common = (await setTable(stage)).collaborationId;
});

afterAll(() => stage[Symbol.asyncDispose]());

/** Questions of one price, each another one. */
const sqlOf = (tier: number) => `select count(distinct m.email) as persons ${joined} where m.tier <> ${tier}`;
const citiesSql = `select o.city, count(distinct m.email) as persons ${joined} group by o.city`;

const remaining = (collaborationId: string, sql: string, fields = {}, actor: Actor = 'brand') =>
  stage.as(actor).queries.remaining(questionOf(collaborationId, sql, fields));
const submit = (collaborationId: string, sql: string, epsilon = 1) =>
  stage.as('brand').queries.submit(questionOf(collaborationId, sql, { epsilon }), '');

describe('what can still be asked', () => {
  it('is what the service then admits: so many, not one more, and the account it named refuses', async () => {
    const { collaborationId } = await setTable(stage, { epsilon: 2.5 });
    const [first] = (await remaining(collaborationId, sqlOf(0))).fitting;
    const count = Number(first?.count);
    expect(first).toMatchObject({ epsilon: 1, stored: false, account: `collaboration/${collaborationId}` });
    expect(count).toBeGreaterThan(2);
    for (let asked = 0; asked < count; asked += 1) {
      const { fittingCount } = await stage.as('brand').queries.explain(questionOf(collaborationId, sqlOf(asked)));
      expect(Number(fittingCount)).toBe(count - asked);
      await submit(collaborationId, sqlOf(asked));
    }
    const refusal = await expectRefused(submit(collaborationId, sqlOf(count)), 'BUDGET_SPENT');
    expect(refusal.metadata).toMatchObject({ account: first?.account });
    const after = await remaining(collaborationId, sqlOf(count));
    expect(after.fitting[0]).toMatchObject({ count: 0n, stored: false, account: first?.account });
  });

  it('is told for a half and a tenth of the epsilon too, and for each account', async () => {
    const { collaborationId, mailingsId } = await setTable(stage, {
      epsilon: 4,
      mailingsRules: { budget: { epsilon: 3, delta: 1e-6 } },
    });
    const answer = await remaining(collaborationId, sqlOf(0));
    expect(answer.fitting.map(({ epsilon }) => epsilon)).toEqual([1, 0.5, 0.1]);
    expect(new Set(answer.fitting.map(({ account }) => account))).toEqual(new Set([`owner/${mailingsId}`]));
    const counts = answer.fitting.map(({ count }) => Number(count));
    // Losses add up by their squares: half the epsilon is near four times as many, a tenth a hundred times.
    expect((counts[1] ?? 0) / (counts[0] ?? 0)).toBeGreaterThan(3);
    expect((counts[2] ?? 0) / (counts[0] ?? 0)).toBeGreaterThan(60);
    const own = answer.accounts.find(({ budget }) => budget?.account === `owner/${mailingsId}`);
    expect(own?.fittingCount).toBe(answer.fitting[0]?.count);
    for (const { fittingCount } of answer.accounts)
      expect(fittingCount).toBeGreaterThanOrEqual(own?.fittingCount ?? 0n);
    expect((await remaining(collaborationId, sqlOf(0), { epsilon: 0.015 })).fitting).toHaveLength(1);
  });

  it('is any number where a release is stored, at its epsilon and no other', async () => {
    const collaborationId = common;
    await ask(stage, 'brand', collaborationId, sqlOf(0), { epsilon: 0.5 });
    const half = await remaining(collaborationId, sqlOf(0), { epsilon: 0.5 });
    expect(half.fitting[0]).toEqual({ epsilon: 0.5, count: 0n, account: '', stored: true });
    expect(half.price).toMatchObject({ rho: 0 });
    const whole = await remaining(collaborationId, sqlOf(0));
    expect(whole.fitting.map(({ stored }) => stored)).toEqual([false, true, false]);
  });

  it('ends at the five hundredth selection where epsilon would last for more', async () => {
    const collaborationId = common;
    const [selected] = (await remaining(collaborationId, citiesSql, { epsilon: 0.1 })).fitting;
    expect(selected?.count).toBe(500n);
    const [counted] = (await remaining(collaborationId, sqlOf(0), { epsilon: 0.1 })).fitting;
    expect(counted?.count).toBeGreaterThan(500n);
  });

  it('names the largest epsilon of one more question, which is admitted, and hardly more is not', async () => {
    const { collaborationId } = await setTable(stage, { epsilon: 2 });
    await submit(collaborationId, sqlOf(0));
    const { largestEpsilon, smallestEpsilon } = await remaining(collaborationId, sqlOf(1));
    expect(smallestEpsilon).toBe(0.01);
    const more = questionOf(collaborationId, sqlOf(1), { epsilon: largestEpsilon * 1.001 });
    expect(await stage.as('brand').queries.explain(more)).toMatchObject({ admissible: false, violations: [] });
    await submit(collaborationId, sqlOf(1), largestEpsilon);
    const spent = await remaining(collaborationId, sqlOf(2));
    expect(spent).toMatchObject({ largestEpsilon: 0, smallestEpsilon: 0 });
  });

  it('is no more than the owners permit in one question', async () => {
    const { collaborationId } = await setTable(stage, { mailingsRules: { maxEpsilonPerQuestion: 1.5 } });
    expect((await remaining(collaborationId, sqlOf(0))).largestEpsilon).toBe(1.5);
    const tooMuch = await remaining(collaborationId, sqlOf(0), { epsilon: 2 });
    expect(tooMuch.violations.map(({ rule }) => rule)).toEqual(['epsilon-is-permitted']);
    expect(tooMuch.fitting).toEqual([]);
  });

  it('costs nothing and is logged as an explanation is', async () => {
    const { collaborationId } = await setTable(stage);
    const before = await chargesOf(stage, 'brand', collaborationId);
    await remaining(collaborationId, sqlOf(0));
    expect(await chargesOf(stage, 'brand', collaborationId)).toEqual(before);
    const [entry, ...more] = (await entriesOf(stage, 'question-explained')).filter(
      (e) => e.collaboration === collaborationId,
    );
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ actor: { member: cast.brand.member }, subject: { epsilon: 1 } });
    expect(JSON.stringify(entry)).toContain('?');
  });

  it('without a question is each account, what it has left, and an estimate that decides nothing', async () => {
    const { collaborationId } = await setTable(stage);
    await submit(collaborationId, sqlOf(0));
    const { accounts, fitting, price } = await remaining(collaborationId, '');
    expect({ fitting, price }).toEqual({ fitting: [], price: undefined });
    expect(accounts.map(({ budget }) => budget)).toEqual(
      await stage.as('brand').collaborations.budget(collaborationId),
    );
    for (const { budget } of accounts) {
      expect(budget?.chargedEpsilonEstimate).toBeLessThan(budget?.charged?.epsilon ?? 0);
      expect(budget?.chargedEpsilonEstimate).toBeGreaterThan(0.8 * (budget?.charged?.epsilon ?? 0));
    }
  });

  it.each(['', sqlOf(0)])('is told to nobody who may not explain (%j)', async (sql) => {
    const collaborationId = common;
    await expectRefused(remaining(collaborationId, sql, {}, 'outsider'), 'NOT_FOUND');
    const forBrand = { onBehalfOf: cast.brand.member };
    await expectRefused(remaining(collaborationId, sql, forBrand, 'isv'), 'NOT_FOUND');
    await expectRefused(remaining(collaborationId, sql, forBrand, 'platform'), 'PERMISSION_DENIED');
    await expectRefused(remaining(collaborationId, sql, {}, 'auditor'), 'PERMISSION_DENIED');
  });

  it('grows with a limit that its owner raises, and is nothing under one set below what was charged', async () => {
    const { collaborationId } = await setTable(stage, { mailingsRules: { budget: { epsilon: 2, delta: 1e-6 } } });
    await submit(collaborationId, sqlOf(0));
    const [before] = (await remaining(collaborationId, sqlOf(1))).fitting;
    const setBudget = (epsilon: number) =>
      stage.as('brand').collaborations.setRules({
        collaborationId,
        alias: 'mailings',
        rulesJson: mailingsRules({ budget: { epsilon, delta: 1e-6 }, maxEpsilonPerQuestion: Math.min(epsilon, 2) }),
      });
    await setBudget(5);
    const [raised] = (await remaining(collaborationId, sqlOf(1))).fitting;
    expect(raised?.count).toBeGreaterThan(before?.count ?? 0n);
    await setBudget(0.5);
    const lowered = await remaining(collaborationId, sqlOf(1), { epsilon: 0.01 });
    expect(lowered.fitting[0]?.count).toBe(0n);
    expect(lowered.largestEpsilon).toBe(0);
  });
});

describe('galley remaining', () => {
  async function galley(...args: string[]): Promise<string> {
    const env = { ...process.env, GALLEY_TOKEN: await stage.token('brand') };
    const line = [galleyMain, ...args, '--server', stage.service.address()];
    return (await promisify(execFile)(process.execPath, line, { env })).stdout;
  }

  it('tells how often, what ends it and the range of epsilon, and `ask --explain` tells how often', async () => {
    const { collaborationId } = await setTable(stage, { epsilon: 2.5 });
    const [first] = (await remaining(collaborationId, sqlOf(0))).fitting;
    const text = await galley('remaining', sqlOf(0), '--collaboration', collaborationId);
    const fits = `fits ${first?.count} more times`;
    expect(text).toContain(`at epsilon 1: ${fits}; then ended by collaboration/${collaborationId}`);
    expect(text).toMatch(/at epsilon 0\.1: fits \d+ more times/);
    expect(text).toMatch(/one more, not asked before: at any epsilon from 0\.01 to 2\.\d+/);
    expect(text).toContain('exact curve');
    const explained = await galley('ask', sqlOf(0), '--collaboration', collaborationId, '--explain');
    expect(explained).toContain(`${fits} at this price`);
  });

  it('gives the answer of the service as JSON, and without SQL the accounts', async () => {
    const collaborationId = common;
    const args = ['--collaboration', collaborationId, '--json'];
    const asked = JSON.parse(await galley('remaining', sqlOf(0), '--epsilon', '0.5', ...args));
    expect(asked).toMatchObject({
      smallestEpsilon: 0.01,
      fitting: [{ epsilon: 0.5 }, { epsilon: 0.25 }, { epsilon: 0.05 }],
    });
    const accounts = JSON.parse(await galley('remaining', ...args));
    expect(accounts.fitting).toBeUndefined();
    expect(accounts.accounts).toHaveLength(4);
  });
});
