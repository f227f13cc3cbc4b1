import { type Charge, type Decision, type DecisionInputs, recordDecision } from '../../policies/index.ts';
import { keepDecision } from '../decisions/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { type Database, type LedgerAccount, readAccount } from '../store/index.ts';
import { accountBefore, type Prepared, type Refused } from './prepare.ts';

/** Keeps what a question was refused from; `null` where its text is too long to be kept. */
export async function keepRefusal(
  kitchen: Kitchen,
  queryId: string,
  { inputs, collaboration }: Refused,
): Promise<string | null> {
  if (!inputs.parse.ok && inputs.parse.reason === 'too-large') return null;
  return await keep(kitchen, kitchen.store.db, { queryId, collaboration, inputs, kind: 'refused' });
}

/** Keeps what a question was refused from when an account could not bear it. */
export async function keepSpent(kitchen: Kitchen, queryId: string, prepared: Prepared): Promise<string> {
  const { db } = kitchen.store;
  const inputs = withAccounts(prepared, (await accountsNow(db, prepared)).map(accountBefore));
  return await keep(kitchen, db, { ...prepared, queryId, inputs, kind: 'budget-spent' });
}

/** Keeps what a question was admitted from, in the transaction that has charged for it. */
export async function keepAdmission(
  kitchen: Kitchen,
  db: Database,
  queryId: string,
  prepared: Prepared,
): Promise<string> {
  const { charge } = prepared;
  const before = (await accountsNow(db, prepared)).map((after) => {
    const account = accountBefore(after);
    // Whole units: what was added comes off again without rounding.
    const rhoCharged = account.rhoCharged - charge.rho;
    return { ...account, rhoCharged, deltaCharged: account.deltaCharged - charge.deltaSelection };
  });
  return await keep(kitchen, db, {
    ...prepared,
    queryId,
    inputs: withAccounts(prepared, before),
    kind: 'admitted',
  });
}

interface Kept {
  readonly queryId: string;
  readonly collaboration: Prepared['collaboration'];
  readonly inputs: DecisionInputs;
  /** What the service is about to do, and at which price. */
  readonly kind: Decision['kind'];
  readonly charge?: Charge;
}

async function keep(kitchen: Kitchen, db: Database, { queryId, collaboration, ...kept }: Kept): Promise<string> {
  const record = recordDecision(kept.inputs);
  const { decision } = record;
  // INVARIANT: what is done is what the record replays to. Nothing has been asked of the data yet.
  const isSame = decision.kind === kept.kind;
  const isAtPrice = !('charge' in decision) || decision.charge.rho === kept.charge?.rho;
  if (!isSame || !isAtPrice) throw new Error(`a question is \`${kept.kind}\` and replays as \`${decision.kind}\``);
  return await keepDecision(kitchen, db, { queryId, collaborationId: collaboration.row.collaboration_id }, record);
}

function withAccounts({ inputs }: Prepared, accounts: ReturnType<typeof accountBefore>[]): DecisionInputs {
  return inputs.ledger === null ? inputs : { ...inputs, ledger: { ...inputs.ledger, accounts } };
}

/** The accounts as they are now: others may have been charged since the question was prepared. */
async function accountsNow(db: Database, { accounts }: Prepared): Promise<readonly LedgerAccount[]> {
  const now: LedgerAccount[] = [];
  for (const { account } of accounts) {
    const found = await readAccount(db, account);
    if (found !== undefined) now.push(found);
  }
  return now;
}
