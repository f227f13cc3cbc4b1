import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { datasets, queries, rpc, violations } from '../../proto/index.ts';
import { openLocalIssuer } from '../auth/index.ts';
import { accessRefused, type Call, MAX_MESSAGE_BYTES, notFound, ServiceError } from './index.ts';
import { answer, bearer, clientOf, errorOf, getQuery, never, startWorld } from './testdata/grpc-world.ts';

describe('a call', () => {
  it('reaches its handler with the principal of its token', async () => {
    let seen: Call | undefined;
    const world = await startWorld({
      get: async (_, call) => {
        seen = call;
        return answer();
      },
    });
    await getQuery(world);
    expect(seen?.principal).toMatchObject({ principal: 'ana', member: 'acme', role: 'brand' });
    expect(seen?.action).toBe('read-question');
  });

  it('is refused without a token, with a scrap, and with an expired or forged one', async () => {
    const world = await startWorld({ get: answer });
    const issuer = await openLocalIssuer(world.config);
    const mint = { principal: 'ana', member: 'acme', role: 'brand', ttlSeconds: 1 } as const;
    const expired = await issuer.mint({ ...mint, now: new Date(Date.now() - 60_000) });
    const forged = `${world.token.slice(0, -8)}AAAAAAAA`;
    const cases = [
      ['', 'missing-token'],
      ['scrap', 'malformed'],
      [expired, 'expired'],
      [forged, 'signature'],
    ] as const;
    for (const [token, reason] of cases) {
      const error = await errorOf(getQuery(world, { token }));
      expect(error).toMatchObject({
        code: status.UNAUTHENTICATED,
        reason: 'UNAUTHENTICATED',
        metadata: { token: reason },
      });
    }
    expect(world.refusals.map(({ refusal }) => refusal)).toEqual(
      cases.map(([, reason]) => ({ kind: 'authentication-refused', reason, action: 'read-question' })),
    );
  });

  it('is cut at its deadline, and its handler is told', async () => {
    let signal: AbortSignal | undefined;
    const world = await startWorld({
      get: async (_, call) => {
        signal = call.signal;
        return await never();
      },
    });
    const error = await errorOf(getQuery(world, { deadlineMs: 200 }));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    await expect.poll(() => signal?.aborted).toBe(true);
  });

  it('without a deadline is cut at ours', async () => {
    const world = await startWorld({ get: never }, { limits: { unaryDeadlineMs: 150 } });
    const error = await errorOf(getQuery(world));
    expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED, reason: 'DEADLINE_EXCEEDED' });
  });

  it('tells its handler when the caller goes away', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<AbortSignal>();
    const world = await startWorld({
      get: async (_, call) => {
        begin(call.signal);
        return await never();
      },
    });
    const client = clientOf(queries.QueryServiceClient, world);
    const call = client.getQuery({ queryId: 'q' }, bearer(world.token), () => {});
    const signal = await begun;
    call.cancel();
    await expect.poll(() => (signal.reason as ServiceError | undefined)?.code).toBe('CANCELLED');
  });

  it('is slowed down beyond its rate and told when to come back', async () => {
    const world = await startWorld({ get: answer }, { limits: { callsPerSecond: 1, burstCallCount: 2 } });
    await getQuery(world);
    await getQuery(world);
    const error = await errorOf(getQuery(world));
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: 'RATE_LIMITED' });
    expect(error.types).toContain('type.googleapis.com/google.rpc.RetryInfo');
  });

  it('is refused when its message is too large', async () => {
    const world = await startWorld({ get: answer });
    const error = await errorOf(getQuery(world, { queryId: 'q'.repeat(MAX_MESSAGE_BYTES + 1) }));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    await getQuery(world);
  });
});

describe('an error', () => {
  const failing = (error: unknown) => startWorld({ get: () => Promise.reject(error) });
  const violation = {
    rule: 'output-is-aggregated',
    owner: 'acme',
    message: 'm',
    help: 'h',
    span: undefined,
    facts: { column: 'email' },
    passingSql: '',
    passingChanges: [],
  };

  it('carries every violation', async () => {
    const world = await failing(new ServiceError('QUESTION_REFUSED', 'broken', { violations: [violation, violation] }));
    const error = await errorOf(getQuery(world));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'QUESTION_REFUSED', message: 'broken' });
    const refusal = violations.Refusal.decode(error.status.details[1]?.value ?? new Uint8Array());
    expect(refusal.violations).toEqual([violation, violation]);
  });

  it('carries as many rejects as a stock client takes, and the true count', async () => {
    const rejects = Array.from({ length: 1000 }, (_, at) => ({
      line: BigInt(at),
      column: 'birthday',
      reason: 'not-a-date',
    }));
    const details = {
      rejects: { rejects, rejectedCount: 5000n, counts: [{ column: 'birthday', reason: 'not-a-date', count: 5000n }] },
    };
    const error = await errorOf(getQuery(await failing(new ServiceError('UPLOAD_REFUSED', 'rows', details))));
    const report = datasets.RejectReport.decode(error.status.details[1]?.value ?? new Uint8Array());
    expect(report.rejectedCount).toBe(5000n);
    expect(report.rejects.length).toBeGreaterThan(100);
    expect(report.rejects).toEqual(rejects.slice(0, report.rejects.length));
    expect(rpc.Status.encode(error.status).finish().length).toBeLessThan(6144);
  });

  it('that is not ours leaves as an id, with its words in the operator’s log alone', async () => {
    const world = await failing(new Error("Could not convert string 'ana@example.com' to INT32"));
    const error = await errorOf(getQuery(world));
    expect(error).toMatchObject({ code: status.INTERNAL, reason: 'INTERNAL' });
    expect(JSON.stringify(error)).not.toContain('ana@');
    expect(error.message).toContain(error.metadata.errorId);
    expect(world.logLines.join('')).toContain(error.metadata.errorId);
  });

  it('looks the same for what is hidden and for what is not there, and is counted as a refusal', async () => {
    const hidden = await failing(accessRefused({ thing: 'question', id: 'q', isVisible: false }));
    const missing = await failing(notFound('question'));
    expect(await errorOf(getQuery(hidden))).toEqual(await errorOf(getQuery(missing)));
    expect(hidden.refusals).toMatchObject([
      { count: 1, refusal: { kind: 'authorization-refused', member: 'acme', resource: 'question/q' } },
    ]);
    expect(missing.refusals).toEqual([]);
  });

  it('says so to those who may know', async () => {
    const world = await failing(accessRefused({ thing: 'question', id: 'q', isVisible: true }));
    expect((await errorOf(getQuery(world))).code).toBe(status.PERMISSION_DENIED);
    expect(world.refusals).toHaveLength(1);
  });
});
