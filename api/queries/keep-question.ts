import type { AccountBefore, Decision, DecisionInputs } from '../../policies/index.ts';
import {
  accountsBefore,
  accountsNow,
  keepDecision,
  sealDecision,
  touchedBy,
  touchedByText,
} from '../decisions/index.ts';
import { keepSealed, sealDetail, sealSalt } from '../details/index.ts';
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
  const accounts = await accountsNow(db, prepared.accounts);
  const decided = decidedOf({ prepared, accounts, kind: 'budget-spent' });
  return await keepDecision(kitchen, db, placeOf(asked, prepared), decided);
}

/**
 * Keeps what a question was admitted from, its words and the salt of its release, in the transaction that has charged
 * for it.
 */
export async function keepAdmission(kitchen: Kitchen, db: Database, asked: Asked, prepared: Prepared): Promise<string> {
  const place = placeOf(asked, prepared);
  const words = sealDetail(kitchen, { ...place, kind: 'question' }, Buffer.from(prepared.plan.sql));
  const salt = sealSalt(kitchen, { ...place, kind: 'release' });
  const accounts = await accountsBefore(db, prepared.accounts, prepared.charge);
  const { digest, detail } = sealDecision(kitchen, place, decidedOf({ prepared, accounts, kind: 'admitted' }));
  await keepSealed(db, [words.detail, salt, detail]);
  return digest;
}

interface Kept {
  readonly prepared: Prepared;
  readonly accounts: readonly AccountBefore[];
  readonly kind: Decision['kind'];
}

function decidedOf({ prepared, accounts, kind }: Kept) {
  const { charge } = prepared;
  return { about: 'question' as const, inputs: withAccounts(prepared.inputs, accounts), kind, charge };
}

function placeOf({ queryId, call }: Asked, { tables, actingFor, collaboration }: Prepared) {
  const touched = touchedBy(tables, { asker: call.principal.member, actingFor });
  return { subjectId: queryId, collaborationId: collaboration.row.collaboration_id, touched };
}

function withAccounts(inputs: DecisionInputs, accounts: readonly AccountBefore[]): DecisionInputs {
  return inputs.ledger === null ? inputs : { ...inputs, ledger: { ...inputs.ledger, accounts } };
}
