import { type Charge, canBear, spentAccounts } from '../../policies/index.ts';
import { accountsOf, arithmeticOf, type CollaborationRecord } from '../collaborations/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { BudgetSpent, type LedgerAccount, reserve } from '../store/index.ts';

/** What a release is about to cost, and to whom. */
export interface Reservation {
  /** For example `question/<id>`. */
  readonly subject: string;
  readonly datasetIds: readonly string[];
  readonly charge: Charge;
  /** What the charge is made of, so that an auditor can add it up again. */
  readonly mechanisms: readonly object[];
}

/**
 * Charges every account a release touches, durably, and logs the charge: before any data is read.
 *
 * @throws {ServiceError} BUDGET_SPENT naming the account and its owner; then nothing was charged
 */
export async function reserveBudget(
  kitchen: Kitchen,
  call: Call,
  collaboration: CollaborationRecord,
  { subject, datasetIds, charge, mechanisms }: Reservation,
): Promise<void> {
  const consumer = call.principal.member;
  const accounts = await accountsOf(kitchen, collaboration, { datasetIds, consumer });
  try {
    await reserve(kitchen.store.db, {
      accounts: accounts.map((a) => a.account),
      charge: { rho: charge.rho, delta: charge.deltaSelection, mechanisms },
      subject,
      nowMs: kitchen.nowMs(),
      isWithinBudget: (after) => canBear(arithmeticOf(after), { rho: 0, deltaSelection: 0 }),
    });
  } catch (cause) {
    if (cause instanceof BudgetSpent) throw budgetSpent(cause.account);
    throw cause;
  }
  const [kind, id] = subject.split('/');
  await record(kitchen, {
    kind: 'budget-reserved',
    call,
    collaboration: collaboration.row.collaboration_id,
    subject: {
      [kind ?? 'subject']: id ?? '',
      accounts: accounts.map((a) => a.account),
      rho: charge.rho,
      deltaSelection: charge.deltaSelection,
    },
  });
}

/** The first account that could not bear a charge now; `null` when all can. A look, not a promise. */
export function firstSpent(accounts: readonly LedgerAccount[], charge: Charge): LedgerAccount | null {
  const [spent] = spentAccounts(
    accounts.map((account) => ({ ...arithmeticOf(account), account })),
    charge,
  );
  return spent?.account ?? null;
}

/** The refusal of a spent budget. */
export function budgetSpent(account: LedgerAccount): ServiceError {
  const message = `the privacy budget \`${account.account}\` cannot bear this; ask with a smaller epsilon, or less often`;
  const metadata = { account: account.account, owner: account.owner, level: account.level };
  return new ServiceError('BUDGET_SPENT', message, { metadata });
}
