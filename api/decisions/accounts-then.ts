import type { AccountBefore, Charge } from '../../policies/index.ts';
import { arithmeticOf } from '../collaborations/index.ts';
import { type Database, type LedgerAccount, readAccounts } from '../store/index.ts';

/** An account as a decision sees it. */
export function accountBefore(account: LedgerAccount): AccountBefore {
  return { account: account.account, ...arithmeticOf(account) };
}

/** The accounts as they are now: others may have been charged since they were read. */
export async function accountsNow(db: Database, accounts: readonly LedgerAccount[]): Promise<readonly AccountBefore[]> {
  const names = accounts.map(({ account }) => account);
  const found = await readAccounts(db, names);
  return names.flatMap((name) => {
    const account = found.get(name);
    return account === undefined ? [] : [accountBefore(account)];
  });
}

/** The accounts as they were before a charge, from within the transaction that has charged them. */
export async function accountsBefore(
  db: Database,
  accounts: readonly LedgerAccount[],
  charge: Charge,
): Promise<readonly AccountBefore[]> {
  return (await accountsNow(db, accounts)).map((account) => {
    // Whole units: what was added comes off again without rounding.
    const rhoCharged = account.rhoCharged - charge.rho;
    return { ...account, rhoCharged, deltaCharged: account.deltaCharged - charge.deltaSelection };
  });
}
