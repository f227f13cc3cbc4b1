import type { AccountBefore, Decision, DecisionInputs } from '../../policies/index.ts';
import { accountsBefore, accountsNow, keepDecision, touchedBy, touchedByText } from '../decisions/index.ts';
import { keepDetail, keepSalt } from '../details/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import type { Prepared, Refused } from './prepare.ts';

/** A question, and who asked it. */
export interface Asked {
  readonly queryId: string;
  readonly call: Pick<Call, 'principal'>;
}

/** Keeps what a question was refused from; `null` where its text is too long to be kept. */
export async function keepRefusal(
  kitchen: Kitchen,
  { queryId, call }: Asked,
  { inputs, collaboration, actingFor }: Refused,
): Promise<string | null> {
  if (!inputs.parse.ok && inputs.parse.reason === 'too-large') return null;
  const touched = touchedByText(inputs.sql, inputs.tables, { asker: call.principal.member, actingFor });
  const place = { subjectId: queryId, collaborationId: collaboration.row.collaboration_id, touched };
  return await keepDecision(kitchen, kitchen.store.db, place, { about: 'question', inputs, kind: 'refused' });
}

/** Keeps what a question was refused from when an account could not bear it. */
export async function keepSpent(kitchen: Kitchen, asked: Asked, prepared: Prepared): Promise<string> {
  const { db } = kitchen.store;
  return await keep(kitchen, db, asked, {
    prepared,
    accounts: await accountsNow(db, prepared.accounts),
    kind: 'budget-spent',
  });
}

/**
 * Keeps what a question was admitted from, its words and the salt of its release, in the transaction that has charged
 * for it.
 */
export async function keepAdmission(kitchen: Kitchen, db: Database, asked: Asked, prepared: Prepared): Promise<string> {
  const place = placeOf(asked, prepared);
  await keepDetail(kitchen, db, { ...place, kind: 'question' }, Buffer.from(prepared.plan.sql));
  await keepSalt(kitchen, db, { ...place, kind: 'release' });
  const accounts = await accountsBefore(db, prepared.accounts, prepared.charge);
  return await keep(kitchen, db, asked, { prepared, accounts, kind: 'admitted' });
}

interface Kept {
  readonly prepared: Prepared;
  readonly accounts: readonly AccountBefore[];
  readonly kind: Decision['kind'];
}

async function keep(kitchen: Kitchen, db: Database, asked: Asked, { prepared, accounts, kind }: Kept): Promise<string> {
  const inputs = withAccounts(prepared.inputs, accounts);
  const { charge } = prepared;
  return await keepDecision(kitchen, db, placeOf(asked, prepared), { about: 'question', inputs, kind, charge });
}

function placeOf({ queryId, call }: Asked, { tables, actingFor, collaboration }: Prepared) {
  const touched = touchedBy(tables, { asker: call.principal.member, actingFor });
  return { subjectId: queryId, collaborationId: collaboration.row.collaboration_id, touched };
}

function withAccounts(inputs: DecisionInputs, accounts: readonly AccountBefore[]): DecisionInputs {
  return inputs.ledger === null ? inputs : { ...inputs, ledger: { ...inputs.ledger, accounts } };
}
