import { randomUUID } from 'node:crypto';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../proto/index.ts';
import { armsSql, ask, chargesOf, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

const submit = (sql: string, requestId: string, epsilon = 0.3) =>
  stage.as('brand').queries.submit(questionOf(table.collaborationId, sql, { epsilon }), requestId);

const consumerRho = async () =>
  (await chargesOf(stage, 'brand', table.collaborationId))[`consumer/${table.collaborationId}/chenxi`] ?? 0;

describe('a submission that is sent again', () => {
  it('returns the first answer and charges once, also when ten arrive together', async () => {
    const before = await consumerRho();
    const requestId = randomUUID();
    const together = await Promise.all(Array.from({ length: 10 }, () => submit(armsSql, requestId)));
    const [first] = together;
    expect(new Set(together.map(({ queryId }) => queryId)).size).toBe(1);
    await stage.as('brand').queries.readRelease(first?.queryId ?? '');
    const later = await submit(armsSql, requestId);
    expect(later).toMatchObject({ queryId: first?.queryId, stored: false });
    expect((await consumerRho()) - before).toBeCloseTo(first?.charged?.rho ?? 0, 12);
    const submitted = (await entriesOf(stage, 'question-submitted')).filter(
      ({ subject }) => subject.question === first?.queryId,
    );
    expect(submitted).toHaveLength(1);
  });

  it('is refused when the question is another one', async () => {
    const requestId = randomUUID();
    await submit(armsSql, requestId);
    const before = await consumerRho();
    const refusal = await expectRefused(submit(`${armsSql} limit 1`, requestId), 'CONFLICT');
    expect(refusal.code).toBe('ALREADY_EXISTS');
    await expectRefused(submit(armsSql, requestId, 0.4), 'CONFLICT');
    expect(await consumerRho()).toBe(before);
  });

  it('under the id that another member used is a submission of its own', async () => {
    const requestId = randomUUID();
    const mine = await submit(armsSql, requestId);
    const question = questionOf(table.collaborationId, armsSql, { epsilon: 0.3 });
    const theirs = await stage.as('platform').queries.submit(question, requestId);
    expect(theirs.queryId).not.toBe(mine.queryId);
  });

  it('after a refusal is decided anew', async () => {
    const requestId = randomUUID();
    await expectRefused(submit('select 1 frm', requestId), 'QUESTION_REFUSED');
    await expectRefused(submit('select 1 frm', requestId), 'QUESTION_REFUSED');
    expect((await submit(armsSql, requestId)).queryId).not.toBe('');
  });

  it('with an id that is too long is refused', async () => {
    await expectRefused(submit(armsSql, 'x'.repeat(200)), 'INVALID_REQUEST');
  });
});

describe('two equal questions at the same moment', () => {
  it('get one release, so that two draws of noise over the same counts never stand side by side', async () => {
    const sql = `select m.arm, count(distinct m.email) as persons ${joined} where o.visit = 0 group by m.arm order by m.arm`;
    const both = await Promise.all(
      [1, 2, 3, 4].map(() => ask(stage, 'brand', table.collaborationId, sql, { epsilon: 0.2 })),
    );
    for (const { rows } of both) expect(rows).toEqual(both[0]?.rows);
  });
});

describe('the list of questions', () => {
  it('shows the newest first, page by page, each once', async () => {
    const client = new queries.QueryServiceClient(stage.service.address(), credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${await stage.token('brand')}`);
    const pageOf = (pageToken: string) =>
      new Promise<queries.ListQueriesResponse>((resolve, reject) => {
        const request = { collaborationId: table.collaborationId, pageSize: 2, pageToken };
        client.listQueries(request, metadata, (error, page) => (error === null ? resolve(page) : reject(error)));
      });
    const seen: queries.Query[] = [];
    let pageToken = '';
    do {
      const page = await pageOf(pageToken);
      expect(page.queries.length).toBeLessThanOrEqual(2);
      seen.push(...page.queries);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen.length).toBeGreaterThan(4);
    expect(new Set(seen.map(({ queryId }) => queryId)).size).toBe(seen.length);
    const times = seen.map(({ submittedAt }) => submittedAt?.getTime() ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(seen[0]?.question?.sql).toContain('select');
    await expectRefused(pageOf('-1'), 'INVALID_REQUEST');
    await expectRefused(pageOf('first'), 'INVALID_REQUEST');
    client.close();
  });
});

describe('a question that is cancelled', () => {
  it('keeps its charge, has no release, and may be cancelled again', async () => {
    const before = await consumerRho();
    const query = await submit(`select avg(o.spend) as mean ${joined} where m.tier = 2`, randomUUID());
    const cancelled = await stage.as('brand').queries.cancel(query.queryId);
    expect(cancelled).toMatchObject({ queryId: query.queryId, state: queries.QueryState.CANCELLED });
    expect(await stage.as('brand').queries.cancel(query.queryId)).toEqual(cancelled);
    await expectRefused(stage.as('brand').queries.readRelease(query.queryId), 'CANCELLED');
    expect((await consumerRho()) - before).toBeCloseTo(query.charged?.rho ?? 0, 12);
    const last = (await entriesOf(stage, 'question-cancelled')).at(-1);
    expect(last?.subject).toMatchObject({ question: query.queryId });
  });

  it('and is already answered stays answered', async () => {
    const { query, bytes } = await ask(stage, 'brand', table.collaborationId, armsSql, { epsilon: 0.3 });
    const after = await stage.as('brand').queries.cancel(query.queryId);
    expect(after.state).toBe(queries.QueryState.RELEASED);
    expect((await stage.as('brand').queries.readRelease(query.queryId)).equals(bytes)).toBe(true);
  });
});
