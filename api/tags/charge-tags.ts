import {
  type CheckedAudience,
  canBear,
  chargeOfEvents,
  declaredPriceOf,
  type PrivacyEvent,
  recordOf,
  type Tag,
  tableName,
  tagsTouched,
} from '../../policies/index.ts';
import { accountsOf, arithmeticOf, type CollaborationRecord } from '../collaborations/index.ts';
import { budgetSpent, reserveBudget } from '../exits/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { LedgerAccount } from '../store/index.ts';

/** A publication that is about to be accepted. */
export interface TaggedPublication {
  readonly activationId: string;
  readonly collaboration: CollaborationRecord;
  readonly actingFor: string;
  readonly checked: CheckedAudience;
  readonly tags: readonly Tag[];
}

/**
 * Charges the prices of an audience's tags: to each owner's dataset its own, and each to the collaboration and to whoever
 * asks, as all else is. Answers what the entry of the publication says of it; nothing where no tag has a price.
 *
 * @throws {ServiceError} BUDGET_SPENT naming the account; then nothing was charged
 */
export async function chargeTags(
  kitchen: Kitchen,
  call: Call,
  { activationId, collaboration, actingFor, checked, tags }: TaggedPublication,
): Promise<{ readonly mechanisms?: ReturnType<typeof recordOf> }> {
  const touched = tagsTouched(checked, tags);
  const consumers = [actingFor, call.principal.member];
  const events: PrivacyEvent[] = [];
  const charges: { datasetId: string; event: PrivacyEvent }[] = [];
  // A dataset has one budget, by however many names its owner has bound it.
  const bound = Map.groupBy(checked.tables, ({ view }) => view.datasetId);
  for (const [datasetId, tables] of bound) {
    const accounts = await accountsOf(kitchen, collaboration, { datasetIds: [datasetId], consumers });
    const own = touched.filter(({ table }) => tables.some(({ view }) => tableName(view) === table));
    const event = declaredPriceOf(own, Math.min(...accounts.map((account) => account.deltaLimit)));
    if (event === null) continue;
    charges.push({ datasetId, event });
    events.push(event);
    // All of them first, as far as can be seen: a publication that one owner's budget cannot bear costs the others nothing.
    // An owner's own account is charged its own price alone; those of all bear all prices.
    const [ownCharge, charge] = [chargeOfEvents([event]), chargeOfEvents(events)];
    const chargeFor = ({ level }: LedgerAccount) => (level === 'owner' ? ownCharge : charge);
    const spent = accounts.find((account) => !canBear(arithmeticOf(account), chargeFor(account)));
    if (spent !== undefined) throw budgetSpent(spent);
  }
  for (const { datasetId, event } of charges) {
    const subject = `activation/${activationId}/${datasetId}`;
    const charge = chargeOfEvents([event]);
    await reserveBudget(kitchen, call, collaboration, {
      subject,
      datasetIds: [datasetId],
      actingFor,
      charge,
      events: [event],
    });
  }
  return events.length === 0 ? {} : { mechanisms: recordOf(events) };
}
