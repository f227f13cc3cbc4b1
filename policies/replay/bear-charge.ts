import { chargeOfEvents } from '../account/charge-of-events.ts';
import { type Charge, canBear, type LedgerAccount } from '../account/ledger-account.ts';
import { type PrivacyEvent, type PrivacyRecord, recordOf } from '../account/privacy-event.ts';

/** An account as it stood before the decision. */
export interface AccountBefore extends LedgerAccount {
  /** Its name, for example `owner/<dataset>`. */
  readonly account: string;
}

/** The first account, in order, that cannot bear the charge; nothing was charged to any. */
export interface BudgetIsSpent {
  readonly kind: 'budget-spent';
  readonly account: string;
  readonly charge: Charge;
}

/** What is charged for, and to whom. */
export interface Borne {
  readonly mechanisms: PrivacyRecord;
  readonly charge: Charge;
  /** The accounts after the charge. */
  readonly accounts: readonly AccountBefore[];
}

/** Charges the mechanisms that will run to every account, or to none; where nothing runs, no account is asked. */
export function bearCharge(
  events: readonly PrivacyEvent[],
  accounts: readonly AccountBefore[],
): BudgetIsSpent | (Borne & { readonly kind: 'borne' }) {
  const charge = chargeOfEvents(events);
  const spent = events.length === 0 ? undefined : accounts.find((account) => !canBear(account, charge));
  if (spent !== undefined) return { kind: 'budget-spent', account: spent.account, charge };
  return {
    kind: 'borne',
    mechanisms: recordOf(events),
    charge,
    accounts: accounts.map((account) => ({
      ...account,
      rhoCharged: account.rhoCharged + charge.rho,
      deltaCharged: account.deltaCharged + charge.deltaSelection,
    })),
  };
}
