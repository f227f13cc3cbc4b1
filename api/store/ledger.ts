// The ledger (promises 3 and 5). It adds up and remembers; what a sum means in epsilon is decided in `policies` and
// passed in, so that the same arithmetic replays offline.
import type { Selectable, Transaction } from 'kysely';
import type { Database } from './store.ts';
import type { AccountLevel, LedgerAccountsTable, LedgerEventsTable, Tables } from './tables.ts';
import { anyOf, writtenOnce } from './written-once.ts';

/** An account as it stands. */
export type LedgerAccount = {
  readonly account: string;
  readonly level: AccountLevel;
  readonly owner: string;
  readonly collaborationId: string | null;
  readonly epsilonLimit: number;
  readonly deltaLimit: number;
  readonly rhoCharged: number;
  readonly deltaCharged: number;
  /** When the first exact release was made from it; null while there is none. */
  readonly exactSinceMs: number | null;
};

/** What a release costs: zCDP rho, the delta of its group selection, and the mechanisms both come from, as JSON. */
export type Charge = { readonly rho: number; readonly delta: number; readonly mechanisms: string };

/** One charge to several accounts. */
export type Reservation = {
  /** Every account it touches, by name. */
  readonly accounts: readonly string[];
  readonly charge: Charge;
  /** What is charged for, for example `question/<id>`. */
  readonly subject: string;
  readonly nowMs: number;
  /** Marks the accounts for ever: an exact release will be made from what they stand for. */
  readonly isExact?: boolean;
  /** Says of an account as it would stand after the charge whether it is within its limit. */
  readonly isWithinBudget: (after: LedgerAccount) => boolean;
};

/** Thrown when a charge would take an account over its limit; nothing was charged to any. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
  /** The first account over its limit, as it stands. */
  readonly account: LedgerAccount;

  constructor(account: LedgerAccount) {
    super(`the privacy budget \`${account.account}\` is spent`);
    this.account = account;
  }
}

/** Thrown when a subject was charged before: whoever repeats a call must look for its first answer, not pay again. */
export class AlreadyCharged extends Error {
  override readonly name = 'AlreadyCharged';

  constructor(subject: string) {
    super(`\`${subject}\` has been charged already`);
  }
}

/**
 * Charges all accounts or none, durably, before anything runs. There is no refund.
 *
 * Given a transaction it charges within it, so that the charge and what it is for appear together.
 *
 * @throws {BudgetSpent} naming the first account over its limit, in the order given
 * @throws {AlreadyCharged} when the subject was charged to one of the accounts before
 * @throws {RangeError} when an account is not open, or the charge is not two finite numbers of at least 0
 */
export async function reserve(db: Database | Transaction<Tables>, reservation: Reservation): Promise<LedgerAccount[]> {
  const { rho, delta } = reservation.charge;
  // NaN compares false with every limit, and a negative charge would be a refund.
  if (!(Number.isFinite(rho) && rho >= 0 && Number.isFinite(delta) && delta >= 0)) {
    throw new RangeError('a charge is two finite numbers of at least 0');
  }
  if (db.isTransaction) return await reserveWithin(db, reservation);
  return await db.transaction().execute((transaction) => reserveWithin(transaction, reservation));
}

async function reserveWithin(db: Database, reservation: Reservation): Promise<LedgerAccount[]> {
  const { accounts, charge, subject, isWithinBudget, nowMs, isExact = false } = reservation;
  const names = [...new Set(accounts)];
  await assertNotCharged(db, { names, subject });
  const stand = await readAccounts(db, names);
  const after: LedgerAccount[] = [];
  for (const name of names) {
    const before = stand.get(name);
    if (before === undefined) throw new RangeError(`no account \`${name}\` is open`);
    const charged = {
      ...before,
      rhoCharged: before.rhoCharged + charge.rho,
      deltaCharged: before.deltaCharged + charge.delta,
      exactSinceMs: before.exactSinceMs ?? (isExact ? nowMs : null),
    };
    if (!isWithinBudget(charged)) throw new BudgetSpent(before);
    after.push(charged);
  }
  await writeCharge(db, after, reservation);
  return after;
}

const findCharge = writtenOnce((db, of: { readonly names: readonly string[]; readonly subject: string }) => {
  const events = db.selectFrom('ledger_events').select('event_id');
  return events.where('subject', '=', of.subject).where('account', 'in', anyOf(of.names));
});

async function assertNotCharged(db: Database, { names, subject }: { names: string[]; subject: string }): Promise<void> {
  const [earlier] = await findCharge(db, { names, subject });
  if (earlier !== undefined) throw new AlreadyCharged(subject);
}

type Stand = Pick<LedgerAccount, 'account' | 'rhoCharged' | 'deltaCharged' | 'exactSinceMs'>;

const writeStand = writtenOnce((db, { account, rhoCharged, deltaCharged, exactSinceMs }: Stand) =>
  db
    .updateTable('ledger_accounts')
    .set({ rho_charged: rhoCharged, delta_charged: deltaCharged, exact_since_ms: exactSinceMs })
    .where('account', '=', account),
);

async function writeCharge(db: Database, after: readonly LedgerAccount[], reservation: Reservation): Promise<void> {
  const { charge, subject, nowMs } = reservation;
  for (const account of after) await writeStand(db, account);
  const { rho, delta, mechanisms } = charge;
  const events = after.map(({ account }) => ({ account, subject, rho, delta, mechanisms, reserved_at_ms: nowMs }));
  if (events.length > 0) await db.insertInto('ledger_events').values(events).execute();
}

/**
 * Opens an account, or sets the limit of one that is open. What was charged stays charged: a limit set below it means
 * that nothing more is admitted.
 */
export async function openAccount(
  db: Database,
  account: Omit<LedgerAccount, 'rhoCharged' | 'deltaCharged' | 'exactSinceMs'> & { readonly nowMs: number },
): Promise<void> {
  const limits = { epsilon_limit: account.epsilonLimit, delta_limit: account.deltaLimit };
  await db
    .insertInto('ledger_accounts')
    .values({
      account: account.account,
      level: account.level,
      owner: account.owner,
      collaboration_id: account.collaborationId,
      ...limits,
      opened_at_ms: account.nowMs,
    })
    .onConflict((conflict) => conflict.column('account').doUpdateSet(limits))
    .execute();
}

const findAccounts = writtenOnce((db, of: { readonly names: readonly string[] }) =>
  db.selectFrom('ledger_accounts').selectAll().where('account', 'in', anyOf(of.names)),
);

/** Reads accounts as they stand, by name; one that is not open is not there. */
export async function readAccounts(
  db: Database,
  names: readonly string[],
): Promise<ReadonlyMap<string, LedgerAccount>> {
  const rows = await findAccounts(db, { names });
  return new Map(rows.map((row) => [row.account, accountOf(row)]));
}

/** Reads every charge made to an account, oldest first. */
export async function readCharges(db: Database, account: string): Promise<Selectable<LedgerEventsTable>[]> {
  return await db.selectFrom('ledger_events').selectAll().where('account', '=', account).orderBy('event_id').execute();
}

function accountOf(row: Selectable<LedgerAccountsTable>): LedgerAccount {
  return {
    account: row.account,
    level: row.level,
    owner: row.owner,
    collaborationId: row.collaboration_id,
    epsilonLimit: row.epsilon_limit,
    deltaLimit: row.delta_limit,
    rhoCharged: row.rho_charged,
    deltaCharged: row.delta_charged,
    exactSinceMs: row.exact_since_ms,
  };
}
