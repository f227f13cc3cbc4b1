import { boundingPath, capacityOf, chargeOfEvents, expectedErrors, priceOf } from '../../policies/index.ts';
import { queries } from '../../proto/index.ts';
import { accountMessage, arithmeticOf, costMessage } from '../collaborations/index.ts';
import { violationEntry, violationMessages } from '../exits/index.ts';
import type { Call } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { layoutPaths } from './layout-paths.ts';
import { isStored, type Prepared, prepare } from './prepare.ts';
import { questionShape, questionTouches } from './question-shape.ts';
import { modeMessage } from './read-mode.ts';

/** Says price, expected error and every violation of a question, from declared facts alone. Costs nothing. */
export async function explain(
  kitchen: Kitchen,
  call: Call,
  question: queries.Question | undefined,
): Promise<queries.Explanation> {
  const looked = await prepareToExplain(kitchen, call, question);
  if (!looked.ok) return refusedExplanation(looked.violations);
  const { prepared } = looked;
  const isPrivate = prepared.mode === 'private';
  const isFree = prepared.charge.rho === 0;
  const price = priceOf(prepared.charge, prepared.delta);
  const fitting = isFree ? 0 : capacityOf(prepared.accounts.map(arithmeticOf), prepared.charge).count;
  return {
    admissible: isFree || fitting > 0,
    price: costMessage({ ...price, rho: prepared.charge.rho }),
    expectedErrors: isPrivate ? [...expectedErrors(prepared.plan)] : [],
    violations: [],
    releaseThreshold: Math.max(0, ...prepared.plan.aggregates.map((a) => Number(a.releaseThreshold))),
    accounts: prepared.accounts.map(accountMessage),
    stored: prepared.plan.aggregates.length > 0 && isStored(prepared),
    fittingCount: BigInt(fitting),
    boundingPaths: prepared.plan.aggregates.map((a) => ({
      ...boundingPath(a),
      maxGroupsPerPerson: a.maxGroupsPerPerson,
    })),
    mode: modeMessage(prepared.mode),
    boundsPriceRatio: boundsPriceRatio(prepared),
    layoutPaths: await layoutPaths(kitchen, call, prepared),
  };
}

function boundsPriceRatio({ events, charge }: Prepared): number {
  const bounds = events.filter((event) => event.kind === 'private-bounds');
  return bounds.length === 0 ? 0 : chargeOfEvents(bounds).rho / charge.rho;
}

/** A question prepared, or what it violates as it is told. */
export type Looked =
  | { readonly ok: true; readonly prepared: Prepared }
  | { readonly ok: false; readonly violations: queries.Explanation['violations'] };

/** Prepares a question for being explained, and logs that it was. */
export async function prepareToExplain(
  kitchen: Kitchen,
  call: Call,
  question: queries.Question | undefined,
): Promise<Looked> {
  const preparation = await prepare(kitchen, call, 'explain-question', question);
  if (!preparation.ok) {
    const { violations, passing, collaboration } = preparation.refused;
    await record(kitchen, {
      kind: 'question-explained',
      call,
      collaboration: collaboration.row.collaboration_id,
      subject: { violations: violations.map(violationEntry) },
    });
    return { ok: false, violations: violationMessages(violations, passing) };
  }
  const { prepared } = preparation;
  await record(kitchen, {
    kind: 'question-explained',
    call,
    collaboration: prepared.collaboration.row.collaboration_id,
    subject: {
      shape: questionShape(prepared.plan),
      touched: questionTouches(prepared.plan),
      mode: prepared.mode,
      epsilon: prepared.epsilon,
    },
  });
  return preparation;
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
    fittingCount: 0n,
    boundingPaths: [],
    boundsPriceRatio: 0,
    layoutPaths: [],
    mode: queries.ReleaseMode.UNSPECIFIED,
  };
}
