import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GalleyClient } from '../../cli/client/index.ts';
import { mintToken } from '../../cli/run-server-command.ts';
import { collaborations } from '../../proto/index.ts';
import { armsSql, ask, chargesOf, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused, refusalOf } from '../support/service-refusal.ts';
import { cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { expectNothingDone } from '../support/service-standing.ts';
import { grantToIsv, setTable, type Table } from '../support/service-table.ts';
import type { TokenFields } from '../support/service-tokens.ts';
import { dataSparesOf, kill, stop, untilGone } from '../support/service-workers.ts';

/** How long a grant lives that a test sees the end of: a busy machine must find it open first. */
const GRANT_MS = 8_000;

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

describe('a token', () => {
  const bad: readonly [string, TokenFields, string][] = [
    ['has expired', { expiresInSeconds: -60 }, 'expired'],
    ['was signed by another key', { isForged: true }, 'signature'],
    ['is for another audience', { claims: { aud: 'another-service' } }, 'audience'],
    ['is of another issuer', { claims: { iss: 'https://elsewhere.example' } }, 'issuer'],
    ['is no access token', { type: 'JWT' }, 'type'],
    ['names a role that does not exist', { claims: { role: 'root' } }, 'bad-claim'],
    ['names no member', { claims: { member: undefined } }, 'missing-claim'],
  ];

  it.each(bad)('is refused when it %s', async (_, fields, token) => {
    const client = await stage.clientWith('brand', fields);
    await expectNothingDone(stage, table, async () => {
      const question = questionOf(table.collaborationId, armsSql);
      const refusal = await expectRefused(client.queries.submit(question, ''), 'UNAUTHENTICATED');
      expect(refusal).toMatchObject({ code: 'UNAUTHENTICATED', metadata: { token } });
      await expectRefused(client.datasets.list(), 'UNAUTHENTICATED');
    });
    const logged = await entriesOf(stage, 'authentication-refused');
    expect(logged.map(({ subject }) => subject.reason)).toContain(token);
  });

  it('is needed for everything, and what is no token is refused', async () => {
    for (const token of [undefined, 'not-a-token', 'x'.repeat(7_000)]) {
      using client = new GalleyClient({ server: stage.service.address(), token });
      await expectRefused(client.collaborations.get(table.collaborationId), 'UNAUTHENTICATED');
      await expectRefused(client.audit.checkpoint(), 'UNAUTHENTICATED');
    }
  });

  it('minted by the embedded issuer lets its bearer in', async () => {
    const { principal, member, role } = cast.brand;
    const data = ['--data', stage.dataDirectory];
    const token = await mintToken([...data, '--principal', principal, '--member', member, '--role', role]);
    using client = new GalleyClient({ server: stage.service.address(), token });
    expect((await client.collaborations.get(table.collaborationId)).collaborationId).toBe(table.collaborationId);
    expect(stage.operatorLog()).not.toContain(token);
  });
});

describe('a grant that is revoked', () => {
  it('opens nothing any more from the next call on, not even what was asked under it', async () => {
    const { collaborationId } = table;
    const isv = stage.as('isv');
    const grant = await grantToIsv(stage, collaborationId, [collaborations.Ability.QUERY]);
    const fields = { onBehalfOf: cast.brand.member, epsilon: 0.2 };
    const { query } = await ask(stage, 'isv', collaborationId, armsSql, fields);
    await stage.as('brand').collaborations.revoke(collaborationId, grant.grantId);
    await expectNothingDone(stage, table, async () => {
      await expectRefused(isv.queries.submit(questionOf(collaborationId, armsSql, fields), ''), 'NOT_FOUND');
      await expectRefused(isv.queries.explain(questionOf(collaborationId, armsSql, fields)), 'NOT_FOUND');
      await expectRefused(isv.queries.get(query.queryId), 'NOT_FOUND');
      await expectRefused(isv.queries.readRelease(query.queryId), 'NOT_FOUND');
      await expectRefused(isv.collaborations.get(collaborationId), 'NOT_FOUND');
      await expectRefused(isv.collaborations.budget(collaborationId), 'NOT_FOUND');
    });
    expect(await isv.collaborations.list()).toEqual([]);
    const again = await stage.as('brand').collaborations.revoke(collaborationId, grant.grantId);
    expect(again.revokedAt).toBeDefined();
  });

  it('and one that ran out open nothing', async () => {
    const { collaborationId } = table;
    await stage.as('brand').collaborations.grant({
      collaborationId,
      grantee: cast.isv.member,
      abilities: [collaborations.Ability.QUERY],
      tables: ['chenxi.mailings'],
      expiresAt: new Date(Date.now() + GRANT_MS),
    });
    expect((await stage.as('isv').collaborations.get(collaborationId)).collaborationId).toBe(collaborationId);
    await sleep(GRANT_MS + 100);
    await expectRefused(stage.as('isv').collaborations.get(collaborationId), 'NOT_FOUND');
  });
});

describe('a message', () => {
  it('that is larger than any may be is refused before it is read', async () => {
    const sql = `select 1 -- ${'x'.repeat(5_000_000)}`;
    await expectNothingDone(stage, table, async () => {
      const refusal = await refusalOf(stage.as('brand').queries.submit(questionOf(table.collaborationId, sql), ''));
      expect(refusal).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    });
    expect((await stage.as('brand').collaborations.list()).length).toBe(1);
  });
});

describe('a caller with little patience or too much haste', () => {
  it('is told that the deadline has passed, and the charge stays', { timeout: 120_000 }, async () => {
    const { collaborationId } = table;
    const definition = { collaborationId, displayName: 'slow', onBehalfOf: '', requestId: '' };
    const sql = `select m.email ${joined} where m.tier = 1`;
    const { audienceId } = await stage.as('brand').audiences.define({ definition: undefined, ...definition, sql });
    const before = await chargesOf(stage, 'brand', collaborationId);
    await stage.end('SIGTERM');
    await stage.start({ limits: { unaryDeadlineMs: 10_000, callsPerSecond: 1, burstCallCount: 8 } });
    const hung = await dataSparesOf(stage, collaborationId);
    stop(hung);
    const refusal = await expectRefused(stage.as('brand').audiences.estimate(audienceId, 0.3), 'DEADLINE_EXCEEDED');
    expect(refusal.code).toBe('DEADLINE_EXCEEDED');
    const after = await chargesOf(stage, 'brand', collaborationId);
    for (const [account, rho] of Object.entries(after)) expect(rho).toBeGreaterThan(before[account] ?? 0);
    expect((await stage.as('brand').audiences.get(audienceId)).size).toBeUndefined();
    // The worker is gone with its caller; the other one was never taken.
    await Promise.any(hung.map(untilGone));
    kill(hung);
  });

  it('is slowed down, alone, and told when to come back', async () => {
    const calls = Array.from({ length: 40 }, () => stage.as('platform').collaborations.list());
    const refused = (await Promise.allSettled(calls)).filter((call) => call.status === 'rejected');
    // Eight at once and one a second more: a busy machine may take twenty seconds over all of them.
    expect(refused.length).toBeGreaterThanOrEqual(7);
    for (const { reason } of refused) {
      const refusal = await expectRefused(Promise.reject(reason), 'RATE_LIMITED');
      expect(refusal).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
      expect(refusal.retrySeconds).toBeGreaterThan(0);
    }
    expect(await stage.as('outsider').collaborations.list()).toEqual([]);
  });
});
