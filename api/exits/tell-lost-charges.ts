import type { Selectable } from 'kysely';
import type { Kitchen } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';
import { type LoggedCharge, recordCharge } from './budget.ts';

/**
 * Tells the log of charges that it does not have: the service died between a charge and its entry.
 *
 * Perhaps for the second time, where it died between the entry and its note of it; verifiers count a charge that the
 * service itself tells again once.
 */
export async function tellLostCharges(kitchen: Kitchen): Promise<void> {
  const told = kitchen.store.db.selectFrom('told_charges').select('subject');
  const lost = await kitchen.store.db
    .selectFrom('ledger_events')
    .selectAll()
    .where('subject', 'not in', told)
    .orderBy('event_id')
    .execute();
  for (const [subject, events] of Map.groupBy(lost, (event) => event.subject)) {
    await recordCharge(kitchen, chargeOf(subject, events));
  }
}

function chargeOf(subject: string, events: readonly Selectable<Tables['ledger_events']>[]): LoggedCharge {
  const accounts = events.map(({ account }) => account);
  const [first] = events;
  const collaboration = accounts.find((account) => account.startsWith('collaboration/'));
  // INVARIANT: every charge is also to the account of the collaboration that it was made in.
  if (first === undefined || collaboration === undefined) throw new Error(`\`${subject}\` was charged to nobody`);
  const mechanisms = JSON.parse(first.mechanisms) as { readonly events: readonly { readonly kind: string }[] };
  return {
    call: null,
    collaborationId: collaboration.slice('collaboration/'.length),
    subject,
    accounts,
    charge: { rho: first.rho, deltaSelection: first.delta },
    exact: mechanisms.events.some(({ kind }) => kind === 'exact'),
  };
}
