import { expectedErrors, priceOf } from '../../policies/index.ts';
import type { queries } from '../../proto/index.ts';
import { accountMessage, costMessage } from '../collaborations/index.ts';
import { firstSpent, violationEntry, violationMessage } from '../exits/index.ts';
import type { Call } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { prepare } from './prepare.ts';
import { questionShape } from './question-shape.ts';

/** Says price, expected error and every violation of a question, from declared facts alone. Costs nothing. */
export async function explain(
  kitchen: Kitchen,
  call: Call,
  question: queries.Question | undefined,
): Promise<queries.Explanation> {
  const preparation = await prepare(kitchen, call, 'explain-question', question);
  if (!preparation.ok) {
    const { violations, passing, collaboration } = preparation.refused;
    await record(kitchen, {
      kind: 'question-explained',
      call,
      collaboration: collaboration.row.collaboration_id,
      subject: { violations: violations.map(violationEntry) },
    });
    return refusedExplanation(violations.map((v) => violationMessage(v, passing)));
  }
  const { prepared } = preparation;
  await record(kitchen, {
    kind: 'question-explained',
    call,
    collaboration: prepared.collaboration.row.collaboration_id,
    subject: { shape: questionShape(prepared.plan), epsilon: prepared.epsilon },
  });
  const price = priceOf(prepared.charge, prepared.delta);
  return {
    admissible: prepared.charge.rho === 0 || firstSpent(prepared.accounts, prepared.charge) === null,
    price: costMessage({ ...price, rho: prepared.charge.rho }),
    expectedErrors: [...expectedErrors(prepared.plan)],
    violations: [],
    releaseThreshold: Math.max(0, ...prepared.plan.aggregates.map((a) => Number(a.releaseThreshold))),
    accounts: prepared.accounts.map(accountMessage),
    stored: prepared.plan.aggregates.length > 0 && prepared.charge.rho === 0,
  };
}

function refusedExplanation(violations: queries.Explanation['violations']): queries.Explanation {
  return {
    admissible: false,
    price: undefined,
    expectedErrors: [],
    violations,
    releaseThreshold: 0,
    accounts: [],
    stored: false,
  };
}
