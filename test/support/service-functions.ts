import { randomUUID } from 'node:crypto';
import { parseParameter, parseResult } from '../../cli/commands/index.ts';
import { functions } from '../../proto/index.ts';
import type { matched } from './service-people.ts';
import type { Actor } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';

/** Code with its signature, as it is written on the command line. */
export interface Written {
  readonly code: string | Uint8Array;
  readonly parameters: readonly string[];
  readonly returns: string;
}

/** How likely somebody is to come again: a number that owners need not bound, as its signature does. */
export const likely: Written = {
  code: `const TIERS = [0, 1, 2, 4];
export function score(visit, spend, tier) {
  return (visit + spend / 100 + TIERS[tier]) / 10;
}
`,
  parameters: ['visit integer', 'spend number', 'tier integer'],
  returns: 'number(3) between 0 and 0.5',
};

/** Who is worth a call: labels, which everybody may know. */
export const segment: Written = {
  code: `export function score(visit, tier) {
  if (visit === 1) return 'warm';
  return tier >= 2 ? 'cool' : 'cold';
}
`,
  parameters: ['visit integer', 'tier integer'],
  returns: 'label(cold,cool,warm)',
};

/** What {@link likely} gives, by its definition and not by what runs it: rounded, and cut to its ends. */
export function likelyOf({ outcome, mailing }: (typeof matched)[number]): number {
  const tiers = [0, 1, 2, 4];
  const units = Math.round(((outcome.visit + outcome.spendCents / 10_000 + (tiers[mailing.tier] ?? 0)) / 10) * 1_000);
  return Math.min(500, units) / 1_000;
}

/** What {@link segment} gives. */
export function segmentOf({ outcome, mailing }: (typeof matched)[number]): 'warm' | 'cool' | 'cold' {
  if (outcome.visit === 1) return 'warm';
  return mailing.tier >= 2 ? 'cool' : 'cold';
}

/** Where a function is submitted, and by whom. */
export interface SubmissionPlace {
  readonly actor?: Actor;
  readonly collaborationId: string;
  readonly name: string;
  readonly onBehalfOf?: string;
  readonly requestId?: string;
}

/** A request with some code. */
export function submissionOf(written: Written, place: SubmissionPlace): functions.SubmitFunctionRequest {
  const { collaborationId, name, onBehalfOf = '', requestId = randomUUID() } = place;
  const isText = typeof written.code === 'string';
  return {
    collaborationId,
    name,
    language: isText ? functions.FunctionLanguage.JAVASCRIPT : functions.FunctionLanguage.WASM,
    code: Buffer.from(written.code),
    parameters: written.parameters.map(parseParameter),
    returns: parseResult(written.returns),
    onBehalfOf,
    requestId,
  };
}

/** Submits a function; by the brand unless told otherwise. */
export async function submit(
  stage: ServiceStage,
  written: Written,
  place: SubmissionPlace,
): Promise<functions.ScoringFunction> {
  return await stage.as(place.actor ?? 'brand').functions.submit(submissionOf(written, place));
}

/** Rules that permit scoring functions beside the functions of Galley. */
export const permitting = (...names: string[]) => ({ functions: ['standard', ...names] });
