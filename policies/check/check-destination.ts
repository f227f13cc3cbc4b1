import type { Tag } from '../audience/tag.ts';
import { SENSITIVE_BLUR_EPSILON, tagsTouched } from '../audience/tag-terms.ts';
import { type IdentifierKind, type TableView, tableName } from '../collaboration/table-view.ts';
import type { PlanTable } from '../plan/expression.ts';
import { BLUR_TOTAL_FACTOR } from '../rules/rules.ts';
import { inOrder, type Violation } from './catalogue.ts';
import { type CheckedAudience, sureTables } from './check-audience.ts';
import { QuestionScope } from './question-scope.ts';

/** The terms of a destination, and who has approved them as they are. */
export interface DestinationTerms {
  readonly purpose: string;
  /** Fewest persons, by the protected size. */
  readonly minSize: number;
  /** Members whose audiences it takes; empty for all. */
  readonly allowedMembers: readonly string[];
  /** Members that approved these terms; an approval of other terms is none. */
  readonly approvedBy: readonly string[];
  /** It was closed for good. */
  readonly isClosed: boolean;
}

/** Where an audience would go. */
export interface DestinationFacts {
  readonly destination: string;
  /** The platform that runs it. */
  readonly owner: string;
  readonly identifier: IdentifierKind;
  /** Absent only in what was decided before destinations had terms. */
  readonly terms?: DestinationTerms;
}

/** Whose audience would go there, and how. */
export interface Publication {
  readonly audienceOwner: string;
  /** What membership may tell at most, as a local epsilon; null for the members as they are. */
  readonly blurEpsilon: number | null;
  /** The tags of the collaboration: sensitive ones demand that it is blurred. */
  readonly tags?: readonly Tag[];
  /**
   * What other blurred publications have told of the persons of a dataset at the destinations of this one's owner; absent
   * only in what was decided before it was counted.
   */
  readonly blurSpent?: readonly BlurSpent[];
}

/** Epsilon that was told of the persons of a dataset. */
export interface BlurSpent {
  readonly datasetId: string;
  readonly epsilon: number;
}

/** Holds a destination against every owner's rules, and against who approved its terms; empty when all permit it. */
export function checkDestination(
  audience: CheckedAudience,
  to: DestinationFacts,
  publication: Publication,
): readonly Violation[] {
  const question = new QuestionScope(audience.sql, []);
  for (const { view } of audience.tables) {
    if (view.rules.publicTable !== null) continue;
    const destinations = view.rules.audience?.destinations ?? [];
    const destination = nameOf(to);
    if (destinations.includes(destination)) continue;
    const facts = { destination, destinations };
    question.violate('destination-is-permitted', facts, null, { owner: view.member });
  }
  checkBlur(question, audience, publication);
  checkBlurTotal(question, audience, to, publication);
  if (to.terms !== undefined) checkTerms(question, audience, { to, terms: to.terms, publication });
  if (addressTable(audience, to) === null) question.violate('destination-knows-the-person', to, null);
  return inOrder(question.violations);
}

const nameOf = ({ owner, destination }: DestinationFacts): string => `${owner}/${destination}`;

/** A smaller epsilon lets every person deny more, so that the smallest that an owner names is the largest allowed. */
function checkBlur(question: QuestionScope, audience: CheckedAudience, { blurEpsilon, tags = [] }: Publication): void {
  for (const { view } of audience.tables) {
    const demanded = view.rules.audience?.blurred?.epsilon;
    if (demanded === undefined || (blurEpsilon !== null && blurEpsilon <= demanded)) continue;
    question.violate('audience-is-blurred', { epsilon: demanded }, null, { owner: view.member });
  }
  if (blurEpsilon !== null && blurEpsilon <= SENSITIVE_BLUR_EPSILON) return;
  const sensitive = tagsTouched(audience, tags).filter(({ sensitivity }) => sensitivity === 'sensitive');
  for (const owner of new Set(sensitive.map((tag) => tag.owner))) {
    question.violate('audience-is-blurred', { epsilon: SENSITIVE_BLUR_EPSILON }, null, { owner });
  }
}

/**
 * A destination that is sent the same persons under several coins averages, and so may all that one platform runs: it
 * knows its own persons under every token.
 */
function checkBlurTotal(
  question: QuestionScope,
  audience: CheckedAudience,
  { owner: platform }: DestinationFacts,
  { blurEpsilon: epsilon, blurSpent, tags = [] }: Publication,
): void {
  if (epsilon === null || blurSpent === undefined) return;
  const sensitive = tagsTouched(audience, tags).filter(({ sensitivity }) => sensitivity === 'sensitive');
  for (const view of new Map(audience.tables.map((table) => [table.view.datasetId, table.view])).values()) {
    const isSensitive = sensitive.some(({ table }) => table === tableName(view));
    const totals = [blurTotalOf(view), isSensitive ? BLUR_TOTAL_FACTOR * SENSITIVE_BLUR_EPSILON : null];
    const total = Math.min(...totals.filter((each) => each !== null));
    const spent = inThousandths(blurSpent.find(({ datasetId }) => datasetId === view.datasetId)?.epsilon ?? 0);
    // Infinite where nobody demands one.
    if (inThousandths(spent + epsilon) <= inThousandths(total)) continue;
    const left = inThousandths(Math.max(0, total - spent));
    question.violate('blur-is-left', { platform, epsilon, left, total }, null, { owner: view.member });
  }
}

function blurTotalOf({ rules }: TableView): number | null {
  const blurred = rules.audience?.blurred ?? null;
  return blurred && (blurred.total ?? BLUR_TOTAL_FACTOR * blurred.epsilon);
}

/** Ten times 0.1 is one. */
function inThousandths(epsilon: number): number {
  return Math.round(epsilon * 1_000) / 1_000;
}

interface HeldTo {
  readonly to: DestinationFacts;
  readonly terms: DestinationTerms;
  readonly publication: Publication;
}

function checkTerms(question: QuestionScope, audience: CheckedAudience, { to, terms, publication }: HeldTo): void {
  const destination = nameOf(to);
  if (terms.isClosed) {
    question.violate('destination-is-open', { destination }, null);
    return;
  }
  const { audienceOwner: member } = publication;
  if (terms.allowedMembers.length > 0 && !terms.allowedMembers.includes(member)) {
    question.violate('destination-takes-the-member', { destination, member }, null, { owner: to.owner });
  }
  for (const { view } of audience.tables) {
    const purposes: readonly string[] | null = view.rules.audience?.purposes ?? null;
    if (purposes === null || purposes.includes(terms.purpose)) continue;
    const facts = { destination, purpose: terms.purpose, purposes };
    question.violate('purpose-is-permitted', facts, null, { owner: view.member });
  }
  for (const owner of mustApprove(audience, to, member)) {
    if (terms.approvedBy.includes(owner)) continue;
    question.violate('destination-is-approved', { destination, member: owner }, null, { owner });
  }
}

/** Who must have approved: whose data goes there, whose audience it is, and who runs the destination. */
function mustApprove(audience: CheckedAudience, to: DestinationFacts, member: string): readonly string[] {
  const owners = audience.tables.filter(({ view }) => view.rules.publicTable === null).map(({ view }) => view.member);
  return [...new Set([to.owner, member, ...owners])];
}

/** The table whose identifiers become the destination's tokens: one the destination's owner brought itself. */
export function addressTable(audience: CheckedAudience, to: DestinationFacts): PlanTable | null {
  const isAddress = ({ view }: PlanTable): boolean =>
    view.member === to.owner && view.identifiers.includes(to.identifier);
  return sureTables(audience).find(isAddress) ?? null;
}

/** The fewest persons that an audience may have there: the strictest owner's minimum, or the destination's. */
export function minSizeAt(audience: Pick<CheckedAudience, 'minSize'>, to: DestinationFacts): number {
  return Math.max(audience.minSize, to.terms?.minSize ?? 0);
}

/**
 * Holds the released size against the strictest minimum; the protected size alone decides, so it tells of no person.
 */
export function checkAudienceSize(
  audience: CheckedAudience,
  persons: bigint,
  to: DestinationFacts,
): readonly Violation[] {
  const minimum = minSizeAt(audience, to);
  if (persons >= BigInt(minimum)) return [];
  const question = new QuestionScope(audience.sql, []);
  const strictest = audience.tables.find((t) => t.view.rules.audience?.minSize === minimum);
  const facts = { persons: persons.toString(), minimum };
  question.violate('audience-is-large-enough', facts, null, { owner: strictest?.view.member ?? to.owner });
  return question.violations;
}
