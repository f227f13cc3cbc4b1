import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { datasets, rpc, rpcDetails, violations } from '../proto/index.ts';
import { isServiceError, readRefusal } from './refusal.ts';
import { renderRefusal } from './render/index.ts';

type Detail = { typeUrl: string; value: Uint8Array };
const detail = (type: string, value: Uint8Array): Detail => ({ typeUrl: `type.googleapis.com/${type}`, value });

function failedWith(details: Detail[], code: status = status.FAILED_PRECONDITION): ServiceError {
  const metadata = new Metadata();
  const packed = rpc.Status.encode({ code, message: 'the question is refused', details }).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(packed));
  return Object.assign(new Error('refused'), { code, details: 'the question is refused', metadata });
}

const violation = violations.Violation.fromPartial({
  rule: 'group-key-is-permitted',
  owner: 'jiufang',
  message: 'no',
  help: 'group by arm',
  span: { line: 1, column: 8, length: 3 },
});

describe('a refused call', () => {
  it('is read with every typed detail that rides in its trailer', () => {
    const refusal = readRefusal(
      failedWith([
        detail(
          'google.rpc.ErrorInfo',
          rpcDetails.ErrorInfo.encode({
            reason: 'BUDGET_SPENT',
            domain: 'galley',
            metadata: { level: 'owner' },
          }).finish(),
        ),
        detail(
          'google.rpc.RetryInfo',
          rpcDetails.RetryInfo.encode(
            rpcDetails.RetryInfo.fromPartial({ retryDelay: { seconds: 2n, nanos: 500_000_000 } }),
          ).finish(),
        ),
        detail('galley.v1.Refusal', violations.Refusal.encode({ violations: [violation] }).finish()),
        detail(
          'galley.v1.RejectReport',
          datasets.RejectReport.encode({
            rejects: [{ line: 7n, column: 'email', reason: 'not-an-email' }],
            rejectedCount: 3n,
            counts: [],
          }).finish(),
        ),
        detail('somebody.else.Unknown', new Uint8Array([1, 2, 3])),
      ]),
    );
    expect(refusal).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'BUDGET_SPENT',
      metadata: { level: 'owner' },
      retrySeconds: 2.5,
    });
    expect(refusal.violations).toEqual([violation]);
    expect(refusal.rejects?.rejects[0]).toEqual({ line: 7n, column: 'email', reason: 'not-an-email' });
  });

  it('keeps code and message when its details are missing or broken', () => {
    const bare = failedWith([]);
    bare.metadata = new Metadata();
    expect(readRefusal(bare)).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: 'the question is refused',
      violations: [],
    });
    bare.metadata.set('grpc-status-details-bin', Buffer.from([255, 255, 255]));
    expect(readRefusal(bare)).toMatchObject({ code: 'FAILED_PRECONDITION', violations: [] });
  });

  it('is told from any other error', () => {
    expect(isServiceError(failedWith([]))).toBe(true);
    expect(isServiceError(new Error('disk full'))).toBe(false);
  });

  it('is shown with source line, owner, help, refused rows and when to try again', () => {
    const rejects = { rejects: [{ line: 7n, column: '', reason: 'wrong-width' }], rejectedCount: 30n, counts: [] };
    const refusal = {
      ...readRefusal(failedWith([])),
      reason: 'RULE_BROKEN',
      violations: [violation],
      rejects,
      retrySeconds: 1.2,
    };
    const text = renderRefusal(refusal, 'select age from t');
    expect(text).toContain('refused (RULE_BROKEN): the question is refused');
    expect(text).toContain('  1 | select age from t\n    |        ^^^');
    expect(text).toContain('30 rows refused, 29 of them not shown');
    expect(text).toContain('(whole row)');
    expect(text).toContain('try again in 2 s');
  });

  it('says what to do when there is no token', () => {
    expect(renderRefusal(readRefusal(failedWith([], status.UNAUTHENTICATED)))).toContain('GALLEY_TOKEN');
  });

  it('names the service and the last error when nobody answers', () => {
    const cause = 'connect ECONNREFUSED 127.0.0.1:9';
    const unanswered = {
      ...failedWith([], status.UNAVAILABLE),
      details: `No connection. Last error: Error: ${cause}. Resolution note: `,
    };
    expect(renderRefusal(readRefusal(unanswered as ServiceError))).toContain(
      `the service cannot be reached: ${cause}\nhelp: is`,
    );
  });

  it('shows no table of refused rows when none is known', () => {
    const rejects = { rejects: [], rejectedCount: 0n, counts: [] };
    expect(renderRefusal({ ...readRefusal(failedWith([])), rejects })).not.toContain('rows refused');
  });
});
