import type { AudienceInputs, CheckedAudience } from '../../policies/index.ts';
import { type DecisionPlace, keepDecision, touchedBy, touchedByText } from '../decisions/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** Who decided something of an audience, on whose behalf, and how that something is called. */
export interface AskedOfAudience {
  readonly call: Call;
  /** The audience itself, or one size or publication of it. */
  readonly subjectId: string;
  readonly collaborationId: string;
  readonly actingFor: string;
}

/** Where the record of a decision on an accepted definition is kept. */
export function placeOf({ call, actingFor, ...place }: AskedOfAudience, { tables }: CheckedAudience): DecisionPlace {
  const views = tables.map((t) => t.view);
  const touched = touchedBy(views, { asker: call.principal.member, actingFor });
  return { ...place, touched };
}

/** Keeps what a definition was refused from; `null` where its text is too long to be kept. */
export async function keepRefusedDefinition(
  kitchen: Kitchen,
  { call, actingFor, ...place }: AskedOfAudience,
  inputs: AudienceInputs,
): Promise<string | null> {
  if (!inputs.parse.ok && inputs.parse.reason === 'too-large') return null;
  const touched = touchedByText(inputs.sql, inputs.tables, { asker: call.principal.member, actingFor });
  const decided = { about: 'audience' as const, inputs, kind: 'refused' as const };
  return await keepDecision(kitchen, kitchen.store.db, { ...place, touched }, decided);
}
