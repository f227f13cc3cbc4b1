import type { AudienceInputs, Charge, CheckedAudience, SizeInputs } from '../../policies/index.ts';
import { keepDecision } from '../decisions/index.ts';
import type { Call } from '../grpc/index.ts';
import { type Kitchen, newId } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import type { AudienceRecord } from './audience-record.ts';
import { type AskedOfAudience, keepRefusedDefinition, placeOf } from './keep-audience-decision.ts';

/** What was decided on a size, and from what. */
interface DecidedSize {
  readonly inputs: SizeInputs;
  readonly kind: 'refused' | 'budget-spent' | 'admitted';
  readonly charge?: Charge;
}

/** Keeps the decision on one size of an audience, and says in the entry of its refusal which record binds it. */
export class SizeDecisions {
  readonly sizeId = newId('size');
  readonly #kitchen: Kitchen;
  readonly #asked: AskedOfAudience;
  readonly #refusal: Record<string, string>;
  #kept: { readonly size: string; readonly decision: string } | undefined;

  /** @param refusal the subject of the entry, if the size is refused */
  constructor(kitchen: Kitchen, call: Call, { row }: AudienceRecord, refusal: Record<string, string>) {
    const { collaboration_id: collaborationId, owner: actingFor } = row;
    this.#kitchen = kitchen;
    this.#asked = { call, subjectId: this.sizeId, collaborationId, actingFor };
    this.#refusal = refusal;
  }

  /** What the entry of the size binds; nothing before something was kept. */
  get subject(): Readonly<Record<string, string>> {
    return { ...this.#kept };
  }

  /** Keeps what its definition was refused from: rules may have become stricter since it was stored. */
  readonly keepRefusedDefinition = async (inputs: AudienceInputs): Promise<void> => {
    const decision = await keepRefusedDefinition(this.#kitchen, this.#asked, inputs);
    if (decision !== null) this.#bind(decision);
  };

  /** Keeps what was decided, and gives the digest by which the log binds it. */
  async keep(db: Database, checked: CheckedAudience, decided: DecidedSize): Promise<string> {
    const place = placeOf(this.#asked, checked);
    const decision = await keepDecision(this.#kitchen, db, place, { about: 'audience-size', ...decided });
    this.#bind(decision);
    return decision;
  }

  #bind(decision: string): void {
    this.#kept = { size: this.sizeId, decision };
    Object.assign(this.#refusal, this.#kept);
  }
}
