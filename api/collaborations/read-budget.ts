import { chargedEpsilon, estimatedEpsilon, remainingEpsilon } from '../../policies/index.ts';
import { privacy } from '../../proto/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { LedgerAccount } from '../store/index.ts';
import { accountsOf } from './accounts.ts';
import type { CollaborationRecord } from './collaboration-record.ts';

const LEVELS = {
  owner: privacy.BudgetLevel.OWNER,
  collaboration: privacy.BudgetLevel.COLLABORATION,
  consumer: privacy.BudgetLevel.CONSUMER,
} as const;

/** An account of the store as the arithmetic of policies sees it. */
export function arithmeticOf(account: LedgerAccount) {
  return {
    epsilon: account.epsilonLimit,
    delta: account.deltaLimit,
    rhoCharged: account.rhoCharged,
    deltaCharged: account.deltaCharged,
  };
}

/** An account as a message. */
export function accountMessage(account: LedgerAccount): privacy.BudgetAccount {
  const arithmetic = arithmeticOf(account);
  return {
    level: LEVELS[account.level],
    account: account.account,
    owner: account.owner,
    limit: { epsilon: account.epsilonLimit, delta: account.deltaLimit, rho: 0 },
    charged: { epsilon: chargedEpsilon(arithmetic), delta: account.deltaCharged, rho: account.rhoCharged },
    remainingEpsilon: remainingEpsilon(arithmetic),
    chargedEpsilonEstimate: estimatedEpsilon(arithmetic),
    exactReleasesMade: account.exactSinceMs !== null,
  };
}

/** Reads every account of a collaboration that concerns these consumers. */
export async function readBudget(
  kitchen: Kitchen,
  collaboration: CollaborationRecord,
  consumers: readonly string[],
): Promise<readonly privacy.BudgetAccount[]> {
  const datasetIds = collaboration.bindings.map((b) => b.dataset_id);
  const accounts = await accountsOf(kitchen, collaboration, { datasetIds, consumers });
  return accounts.map(accountMessage);
}
