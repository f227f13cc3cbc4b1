import {
  type CheckedAudience,
  type DestinationFacts,
  printPersons,
  SENSITIVE_BLUR_EPSILON,
  type Tag,
} from '../../policies/index.ts';
import type { Blur } from '../../sandbox/index.ts';
import type { TableSnapshot } from '../datasets/index.ts';
import { digestOf, type Kitchen } from '../kitchen/index.ts';
import type { AudienceRow } from './audience-record.ts';

/** How deniable membership in a publication is. */
export interface DeniabilityFacts {
  readonly dropProbability: number;
  readonly addProbability: number;
  readonly epsilon: number;
}

/**
 * The chances of an epsilon: the same both ways, which leaves the most of what is sent right for everybody.
 *
 * Source: randomized response (Warner 1965); with chance 1 / (1 + e^epsilon) both ratios of what may be seen of a member
 * and of another are exactly e^epsilon.
 */
export function deniabilityOf(epsilon: number): DeniabilityFacts {
  const probability = 1 / (1 + Math.exp(epsilon));
  return { dropProbability: probability, addProbability: probability, epsilon };
}

/**
 * The epsilon of a publication's blurring: what was asked for, or less where an owner demands it by its rules or by a
 * sensitive tag; null when members are exact.
 */
export function demandedBlur(
  { tables }: CheckedAudience,
  askedEpsilon: number | null,
  tags: readonly Tag[],
): number | null {
  const demanded = tables.flatMap(({ view }) => view.rules.audience?.blurred?.epsilon ?? []);
  if (tags.some(({ sensitivity }) => sensitivity === 'sensitive')) demanded.push(SENSITIVE_BLUR_EPSILON);
  const all = askedEpsilon === null ? demanded : [askedEpsilon, ...demanded];
  return all.length === 0 ? null : Math.min(...all);
}

/** What is blurred, and for whom. */
export interface Blurred {
  readonly audience: Pick<AudienceRow, 'collaboration_id' | 'plan_digest'>;
  readonly destination: Pick<DestinationFacts, 'destination' | 'owner'>;
  readonly epsilon: number;
  readonly checked: CheckedAudience;
  readonly snapshots: ReadonlyMap<string, Pick<TableSnapshot, 'contentId'>>;
}

/**
 * Names the coins of a publication: of destination, definition, epsilon and the very rows that it is made from.
 *
 * Of the rows, for who brings some of them may change them: a person of its own table that it takes out is known to be no
 * member, which shows that person's coin, and the same coin would show the answer once the person is back. Of the
 * epsilon, for of two thresholds on one coin the answers between them are certain.
 */
export function coinsOf({ audience, destination, epsilon, checked, snapshots }: Blurred): string {
  const contents = [...snapshots].map(([datasetId, { contentId }]) => [datasetId, contentId]);
  const rows = contents.sort(([one = ''], [other = '']) => (one < other ? -1 : 1));
  const { collaboration_id: collaboration, plan_digest: plan } = audience;
  // The rules in force are part of what is selected.
  const selection = digestOf(printPersons(checked).sql);
  return digestOf(JSON.stringify([collaboration, destination.destination, plan, selection, epsilon, rows]));
}

/** What blurs a publication: the same coins fall the same way whenever and however often it is sent. */
export function blurOf({ vault }: Kitchen, coins: string, epsilon: number): Blur {
  return { key: vault.deriveKey(`blur/${coins}`).export(), ...deniabilityOf(epsilon) };
}
