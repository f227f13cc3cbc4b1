import type { EntryKind } from '../../audit/index.ts';
import { type Call, ServiceError, type ServiceErrorCode } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';

/** Refusals that the flows decide; what the gate before them refuses is logged there. */
const DECIDED_HERE: readonly ServiceErrorCode[] = [
  'QUESTION_REFUSED',
  'AUDIENCE_REFUSED',
  'NOT_ACCEPTED',
  'BUDGET_SPENT',
  'TOO_MANY_FAILURES',
];

/** What a refusal is logged as. */
export interface RefusalEntry {
  readonly kind: Extract<EntryKind, 'question-refused' | 'audience-refused' | 'match-refused'>;
  readonly collaboration: string;
  readonly subject: Record<string, string>;
}

/** Runs a step of a flow and logs its refusal, durably, before the caller learns of it. */
export async function loggingRefusals<Result>(
  kitchen: Kitchen,
  call: Call,
  entry: RefusalEntry,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ServiceError && DECIDED_HERE.includes(cause.code)) {
      const { kind, collaboration } = entry;
      const subject = { ...entry.subject, decidingCode: { ...kitchen.code }, ...refusalFacts(cause) };
      await record(kitchen, { kind, call, collaboration, subject });
    }
    throw cause;
  }
}

/** Codes and places: none of the caller's words, which may name a person. */
function refusalFacts({ code, details }: ServiceError) {
  const violations = details.violations?.map(({ rule, owner, span }) => ({
    rule,
    owner,
    line: span?.line ?? 0,
    column: span?.column ?? 0,
  }));
  const { account, owner } = details.metadata ?? {};
  return {
    code,
    ...(violations === undefined ? {} : { violations }),
    ...(account === undefined ? {} : { account }),
    ...(owner === undefined ? {} : { owner }),
  };
}
