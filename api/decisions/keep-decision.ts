import { type Charge, type DecisionSubject, type Decisions, recordDecision } from '../../policies/index.ts';
import { type DetailPlace, keepSealed, sealDetail } from '../details/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';

/** Of what a decision is, and what an erasure takes its record along with. */
export type DecisionPlace = Omit<DetailPlace, 'kind'>;

/** What the service is about to do, at which price, and from what it has decided so. */
export interface Decided<S extends DecisionSubject> {
  readonly about: S;
  readonly inputs: Decisions[S]['inputs'];
  readonly kind: Decisions[S]['decision']['kind'];
  /** Of a decision that has one. */
  readonly charge?: Charge;
}

/**
 * Decides once more from what will be recorded, keeps the record, and gives the salted digest by which the log binds it,
 * in hex.
 *
 * @throws {Error} when the service is about to do something else than what the record replays to
 */
export async function keepDecision<S extends DecisionSubject>(
  kitchen: Kitchen,
  db: Database,
  place: DecisionPlace,
  decided: Decided<S>,
): Promise<string> {
  const { digest, detail } = sealDecision(kitchen, place, decided);
  await keepSealed(db, [detail]);
  return digest;
}

/** Decides once more as `keepDecision` does, and seals the record, to be kept together with others. */
export function sealDecision<S extends DecisionSubject>(
  kitchen: Kitchen,
  place: DecisionPlace,
  { about, inputs, kind, charge }: Decided<S>,
): ReturnType<typeof sealDetail> {
  const record = recordDecision(about, inputs, kitchen.code);
  const { decision } = record;
  // INVARIANT: what is done is what the record replays to. Nothing has been asked of the data yet.
  const isAtPrice = kind !== 'admitted' || !('charge' in decision) || decision.charge.rho === charge?.rho;
  if (decision.kind !== kind || !isAtPrice) {
    throw new Error(`the decision on a ${about} is \`${kind}\` and replays as \`${decision.kind}\``);
  }
  return sealDetail(kitchen, { ...place, kind: 'decision' }, Buffer.from(JSON.stringify(record)));
}
