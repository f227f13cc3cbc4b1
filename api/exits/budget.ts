import { assertAddsUp, type Charge, canBear, type PrivacyEvent, recordOf } from '../../policies/index.ts';
import { accountsOf, arithmeticOf, type CollaborationRecord } from '../collaborations/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { BudgetSpent, type Database, type LedgerAccount, reserve } from '../store/index.ts';

/** What the entry of a charge binds beside it, where no later entry is sure to come. */
export interface BoundByCharge {
  /** The digest of the record of the decision to charge. */
  readonly decision?: string;
}

/** What a release is about to cost, and to whom. */
export interface Reservation {
  /** For example `question/<id>`. */
  readonly subject: string;
  readonly datasetIds: readonly string[];
  /** The accounts that are charged, where they have been read for this very release; read when left out. */
  readonly accounts?: readonly LedgerAccount[];
  /** The member asked for. */
  readonly actingFor: string;
  /** The price as it was shown. */
  readonly charge: Charge;
  /** The mechanisms that will run: what the price is made of, so that an auditor can add it up again. */
  readonly events: readonly PrivacyEvent[];
}

/**
 * Charges every account a release touches, durably, and logs the charge: before any data is read.
 *
 * `alongside` happens in the same transaction: what was charged for and the charge appear together or not at all.
 *
 * @throws {ServiceError} BUDGET_SPENT naming the account and its owner; then nothing was charged
 */
export async function reserveBudget(
  kitchen: Kitchen,
  call: Call,
  collaboration: CollaborationRecord,
  reservation: Reservation,
  alongside: (db: Database) => Promise<BoundByCharge> = async () => ({}),
): Promise<void> {
  await recordCharge(kitchen, await chargeBudget(kitchen, call, collaboration, reservation, alongside));
}

/**
 * Charges as `reserveBudget` does, and leaves it to the caller to log the charge, and to note that it did, before
 * anything runs: it has more to log, and one sync of the disk takes all of it.
 *
 * @throws {ServiceError} BUDGET_SPENT naming the account and its owner; then nothing was charged
 */
export async function chargeBudget(
  kitchen: Kitchen,
  call: Call,
  collaboration: CollaborationRecord,
  { subject, datasetIds, actingFor, charge, events, ...known }: Reservation,
  alongside: (db: Database) => Promise<BoundByCharge>,
): Promise<LoggedCharge> {
  const mechanisms = JSON.stringify(recordOf(events));
  // INVARIANT: what is stored with a charge, read as an auditor reads it, adds up to exactly what is charged.
  assertAddsUp(JSON.parse(mechanisms), charge);
  const consumers = [actingFor, call.principal.member];
  const accounts = known.accounts ?? (await accountsOf(kitchen, collaboration, { datasetIds, consumers }));
  const names = accounts.map((a) => a.account);
  let bound: BoundByCharge = {};
  try {
    bound = await kitchen.store.transaction(async (db) => {
      await reserve(db, {
        accounts: names,
        charge: { rho: charge.rho, delta: charge.deltaSelection, mechanisms },
        subject,
        nowMs: kitchen.nowMs(),
        isExact: isExact(events),
        isWithinBudget: (after) => canBear(arithmeticOf(after), { rho: 0, deltaSelection: 0 }),
      });
      return await alongside(db);
    });
  } catch (cause) {
    if (cause instanceof BudgetSpent) throw budgetSpent(cause.account);
    throw cause;
  }
  const collaborationId = collaboration.row.collaboration_id;
  const exact = isExact(events);
  return { call, collaborationId, subject, accounts: names, charge, exact, bound };
}

function isExact(events: readonly PrivacyEvent[]): boolean {
  return events.some((event) => event.kind === 'exact');
}

/** A charge as it goes to the log. */
export interface LoggedCharge {
  readonly call: Call | null;
  readonly collaborationId: string;
  readonly subject: string;
  readonly accounts: readonly string[];
  readonly charge: Charge;
  /** An exact release is charged nothing and marks every account for ever. */
  readonly exact: boolean;
  readonly bound?: BoundByCharge;
}

/** Logs a charge, and notes that it did. */
export async function recordCharge(kitchen: Kitchen, logged: LoggedCharge): Promise<void> {
  await logCharge(kitchen, logged);
  await noteTold(kitchen.store.db, logged);
}

/** Logs a charge under the name of what it was for. */
export async function logCharge(kitchen: Kitchen, logged: LoggedCharge): Promise<void> {
  const [kind = '', id = '', part] = logged.subject.split('/');
  const { rho, deltaSelection } = logged.charge;
  // Of a publication the part is the dataset, which the accounts name.
  const of = { [kind]: id, ...(kind === 'audience' && part !== undefined ? { size: part } : {}) };
  await record(kitchen, {
    kind: 'budget-reserved',
    call: logged.call,
    collaboration: logged.collaborationId,
    subject: { ...of, accounts: [...logged.accounts], rho, deltaSelection, exact: logged.exact, ...logged.bound },
  });
}

/** Notes that a charge was logged; where the note is lost, a start tells of the charge again. */
export async function noteTold(db: Database, { subject }: Pick<LoggedCharge, 'subject'>): Promise<void> {
  await db
    .insertInto('told_charges')
    .values({ subject })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The refusal of what an account cannot bear. */
export function budgetSpent(account: LedgerAccount): ServiceError {
  const message = `the privacy budget \`${account.account}\` cannot bear this; ask with a smaller epsilon, or less often`;
  const metadata = { account: account.account, owner: account.owner, level: account.level };
  return new ServiceError('BUDGET_SPENT', message, { metadata });
}
