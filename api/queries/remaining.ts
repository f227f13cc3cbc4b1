import { capacityOf, chargeOfEvents, eventsOf, largestEpsilon, planQuestion, priceOf } from '../../policies/index.ts';
import type { queries } from '../../proto/index.ts';
import { accountMessage, admit, arithmeticOf, costMessage, readBudget } from '../collaborations/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { prepareToExplain } from './explain.ts';
import { MIN_EPSILON, type Prepared, type Priced, pricePlan } from './prepare.ts';
import { readMode } from './read-mode.ts';

/** The shares of a question's epsilon that it is counted at. */
const SHARE_RATIOS = [1, 1 / 2, 1 / 10];

/** Says how many more of a question the accounts can bear, from declared facts and the ledger alone. Costs nothing. */
export async function explainRemaining(
  kitchen: Kitchen,
  call: Call,
  question: queries.Question | undefined,
): Promise<queries.Remaining> {
  if (question === undefined) throw new ServiceError('INVALID_REQUEST', '`question` is missing');
  if (readMode(question.mode) === 'threshold') {
    throw new ServiceError(
      'INVALID_REQUEST',
      '`mode` must be private: threshold mode spends nothing that could run out',
    );
  }
  if (question.sql.trim() === '') return await remainingOfAccounts(kitchen, call, question);
  const looked = await prepareToExplain(kitchen, call, question);
  if (!looked.ok) return { ...NOTHING, violations: looked.violations };
  return await remainingOf(kitchen, looked.prepared);
}

const NOTHING: queries.Remaining = {
  violations: [],
  price: undefined,
  accounts: [],
  fitting: [],
  largestEpsilon: 0,
  smallestEpsilon: 0,
};

async function remainingOfAccounts(
  kitchen: Kitchen,
  call: Call,
  { collaborationId, onBehalfOf }: queries.Question,
): Promise<queries.Remaining> {
  const { member } = call.principal;
  const actingFor = onBehalfOf === '' ? member : onBehalfOf;
  const entry = { action: 'explain-question' as const, collaborationId, actingFor };
  const collaboration = await admit(kitchen, call, entry);
  await record(kitchen, { kind: 'question-explained', call, collaboration: collaborationId, subject: {} });
  const accounts = await readBudget(kitchen, collaboration, [actingFor, member]);
  return { ...NOTHING, accounts: accounts.map((budget) => ({ budget, fittingCount: 0n })) };
}

async function remainingOf(kitchen: Kitchen, prepared: Prepared): Promise<queries.Remaining> {
  const { accounts, charge, delta, epsilon } = prepared;
  const isFree = charge.rho === 0;
  const { counts } = capacityOf(accounts.map(arithmeticOf), charge);
  const largest = largestOf(prepared);
  return {
    violations: [],
    price: costMessage({ ...priceOf(charge, delta), rho: charge.rho }),
    accounts: accounts.map((account, index) => ({
      budget: accountMessage(account),
      fittingCount: isFree ? 0n : BigInt(counts[index] ?? 0),
    })),
    fitting: [fittingAt(prepared, epsilon, prepared), ...(await fittingBelow(kitchen, prepared))],
    largestEpsilon: largest,
    smallestEpsilon: largest === 0 ? 0 : MIN_EPSILON,
  };
}

/** The same question at smaller epsilons: planned anew, as its noise and so its price do not follow by a division. */
async function fittingBelow(kitchen: Kitchen, prepared: Prepared): Promise<readonly queries.FittingCount[]> {
  const fitting: queries.FittingCount[] = [];
  for (const ratio of SHARE_RATIOS) {
    const epsilon = prepared.epsilon * ratio;
    if (ratio === 1 || epsilon < MIN_EPSILON) continue;
    const plan = planQuestion(prepared.checked, { epsilon, delta: prepared.delta });
    fitting.push(fittingAt(prepared, epsilon, await pricePlan(kitchen, plan, prepared)));
  }
  return fitting;
}

function fittingAt({ accounts }: Prepared, epsilon: number, { charge }: Priced): queries.FittingCount {
  if (charge.rho === 0) return { epsilon, count: 0n, account: '', stored: true };
  const named = accounts.map((account) => ({ ...arithmeticOf(account), name: account.account }));
  const { count, endsAt } = capacityOf(named, charge);
  return { epsilon, count: BigInt(count), account: endsAt?.name ?? '', stored: false };
}

/** Of a question that is asked for the first time: what is stored of it is stored at its own epsilon only. */
function largestOf({ accounts, plan, tables }: Prepared): number {
  const { deltaSelection } = chargeOfEvents(eventsOf(plan.aggregates));
  const permitted = Math.min(...tables.map((t) => t.rules.maxEpsilonPerQuestion));
  const largest = Math.min(permitted, largestEpsilon(accounts.map(arithmeticOf), deltaSelection));
  return largest < MIN_EPSILON ? 0 : largest;
}
