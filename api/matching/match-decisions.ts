import type { AccountBefore, Charge, MatchInputs, PrivacyEvent, Violation } from '../../policies/index.ts';
import { accountBefore, accountsBefore, accountsNow, keepDecision, touchedBy } from '../decisions/index.ts';
import { reserveBudget } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { type AdmittedMatch, matchRefused } from './match-tables.ts';

/** What was decided on a match, and from what. */
interface DecidedMatch {
  readonly inputs: MatchInputs;
  readonly kind: 'refused' | 'budget-spent' | 'admitted';
  readonly charge?: Charge;
}

/** Keeps the decision on one match, and says in the entry of its refusal which record binds it. */
export class MatchDecisions {
  readonly matchId = newId('match');
  readonly #kitchen: Kitchen;
  readonly #call: Call;
  readonly #refusal: Record<string, string>;
  #decision: string | undefined;

  /** @param refusal the subject of the entry, if the match is refused */
  constructor(kitchen: Kitchen, call: Call, refusal: Record<string, string>) {
    this.#kitchen = kitchen;
    this.#call = call;
    this.#refusal = refusal;
  }

  /** What the entry of the match binds. */
  get subject(): Readonly<Record<string, string>> {
    const bound = this.#decision === undefined ? {} : { decision: this.#decision };
    return { match: this.matchId, ...bound };
  }

  /** Keeps what was decided, and gives the digest by which the log binds it. */
  async keep(
    db: Database,
    { tables, actingFor, collaboration }: AdmittedMatch,
    decided: DecidedMatch,
  ): Promise<string> {
    const touched = touchedBy(tables, { asker: this.#call.principal.member, actingFor });
    const place = { subjectId: this.matchId, collaborationId: collaboration.row.collaboration_id, touched };
    const decision = await keepDecision(this.#kitchen, db, place, { about: 'match', ...decided });
    this.#decision = decision;
    Object.assign(this.#refusal, this.subject);
    return decision;
  }

  /** Keeps what a match was refused from, and gives the refusal. */
  async refuse(match: AdmittedMatch, inputs: MatchInputs, violations: readonly Violation[]): Promise<ServiceError> {
    await this.keep(this.#kitchen.store.db, match, { inputs, kind: 'refused' });
    return matchRefused(violations);
  }
}

/** What a match is paid from, as its decision sees it. */
export function moneyOf({ epsilon, delta, accounts }: AdmittedMatch) {
  return { epsilon, delta, accounts: accounts.map(accountBefore) };
}

/** A match that is about to be charged. */
interface PricedMatch {
  readonly match: AdmittedMatch;
  readonly inputs: MatchInputs;
  readonly decisions: MatchDecisions;
  readonly events: readonly PrivacyEvent[];
  readonly charge: Charge;
}

/** Charges a match, with the record of the decision to do so. @throws {ServiceError} BUDGET_SPENT */
export async function chargeMatch(kitchen: Kitchen, call: Call, priced: PricedMatch): Promise<void> {
  const { match, decisions, events, charge } = priced;
  const inputs = (accounts: readonly AccountBefore[]): MatchInputs => ({ ...priced.inputs, accounts });
  const reservation = {
    subject: `match/${decisions.matchId}`,
    datasetIds: match.tables.map((t) => t.datasetId),
    actingFor: match.actingFor,
    charge,
    events,
  };
  try {
    await reserveBudget(kitchen, call, match.collaboration, reservation, async (db) => {
      const before = await accountsBefore(db, match.accounts, charge);
      return { decision: await decisions.keep(db, match, { inputs: inputs(before), kind: 'admitted', charge }) };
    });
  } catch (cause) {
    if (cause instanceof ServiceError && cause.code === 'BUDGET_SPENT') {
      const { db } = kitchen.store;
      const now = await accountsNow(db, match.accounts);
      await decisions.keep(db, match, { inputs: inputs(now), kind: 'budget-spent' });
    }
    throw cause;
  }
}
