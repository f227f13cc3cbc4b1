import { eventsOf } from '../account/events-of.ts';
import type { Tag } from '../audience/tag.ts';
import type { Violation } from '../check/catalogue.ts';
import { type CheckedAudience, checkAudience, checkSizeEpsilon, smallestSizeEpsilon } from '../check/check-audience.ts';
import {
  type BlurSpent,
  checkAudienceSize,
  checkDestination,
  type DestinationFacts,
  minSizeAt,
} from '../check/check-destination.ts';
import type { FunctionView } from '../collaboration/function-view.ts';
import { type TableView, tableName } from '../collaboration/table-view.ts';
import { functionsUsed, type UsedFunction } from '../plan/functions-used.ts';
import { planAudienceSize } from '../plan/plan-audience.ts';
import { printAggregate, printPersons } from '../print/print-aggregate.ts';
import { type Checked, type Parse, readQuery } from '../syntax/read-query.ts';
import { type AccountBefore, type Borne, type BudgetIsSpent, bearCharge } from './bear-charge.ts';
import type { BrokenRules } from './decide.ts';

/** Everything a decision on the definition of an audience is made from. */
export interface AudienceInputs {
  readonly sql: string;
  /** The tree of DuckDB's grammar, as the parser gave it. */
  readonly parse: Parse;
  /** Every table bound in the collaboration, with its owner's rules in force. */
  readonly tables: readonly TableView[];
  /** Scoring functions that it may name; of a stored definition the very versions it was defined with. */
  readonly functions?: readonly FunctionView[];
}

/** What was decided on a definition. */
export type AudienceDecision =
  | BrokenRules
  | {
      readonly kind: 'admitted';
      /** Who is in, as the engine is asked; with its literals. */
      readonly persons: string;
      readonly tables: readonly string[];
      readonly functions: readonly UsedFunction[];
      /** Fewest persons, by the protected size: the strictest owner's. */
      readonly minSize: number;
    };

/** Decides on the definition of an audience. */
export function decideAudience(inputs: AudienceInputs): AudienceDecision {
  const checked = checkDefined(inputs);
  if (!checked.ok) return { kind: 'refused', violations: checked.violations };
  const { value } = checked;
  return {
    kind: 'admitted',
    persons: printPersons(value).sql,
    tables: [...new Set(value.tables.map((t) => tableName(t.view)))],
    functions: functionsUsed(value),
    minSize: value.minSize,
  };
}

/** Everything a decision on the size of an audience is made from. */
export interface SizeInputs extends AudienceInputs {
  /** Epsilon that the caller named; 0 where it named none. */
  readonly requestedEpsilon: number;
  /** Epsilon where the caller names none and the minimum needs no larger one. */
  readonly defaultEpsilon: number;
  /** Smallest delta of the accounts. */
  readonly delta: number;
  /** Every account the release touches, in the order in which they are charged. */
  readonly accounts: readonly AccountBefore[];
  /** Whether a stored release answers it. */
  readonly isStored: boolean;
}

/** What was decided on a size. */
export type SizeDecision =
  | BrokenRules
  | BudgetIsSpent
  | (Borne & {
      readonly kind: 'admitted';
      readonly epsilon: number;
      /** What the engine is asked. */
      readonly counted: string;
    });

/** Decides on the protected size of an audience: which noise, at which price, and whether all can bear it. */
export function decideSize(inputs: SizeInputs): SizeDecision {
  const { requestedEpsilon, delta, accounts, isStored } = inputs;
  const checked = checkDefined(inputs);
  if (!checked.ok) return { kind: 'refused', violations: checked.violations };
  const { value } = checked;
  const epsilon = requestedEpsilon || Math.max(inputs.defaultEpsilon, smallestSizeEpsilon(value, delta));
  const violations = checkSizeEpsilon(value, epsilon, delta);
  if (violations.length > 0) return { kind: 'refused', violations };
  const plan = planAudienceSize(value, { epsilon, delta });
  const borne = bearCharge(isStored ? [] : eventsOf([plan]), accounts);
  if (borne.kind === 'budget-spent') return borne;
  return { ...borne, kind: 'admitted', epsilon, counted: printAggregate(plan).sql };
}

/** Everything a decision on the publication of an audience is made from. */
export interface ActivationInputs extends AudienceInputs {
  readonly destination: DestinationFacts;
  /** Whose audience it is; absent only in what was decided before destinations had terms. */
  readonly audienceOwner?: string;
  /** The local epsilon of a blurred publication; absent or null for the members as they are. */
  readonly blurEpsilon?: number | null;
  /** The tags of the columns that it reads; absent in what was decided before there were tags. */
  readonly tags?: readonly Tag[];
  /** What other blurred publications have told; absent in what was decided before it was counted. */
  readonly blurSpent?: readonly BlurSpent[];
  /** Whether the released size reached the minimum. The size itself is a result, and no auditor's to read. */
  readonly isLargeEnough: boolean;
}

/** What was decided on a publication. */
export type ActivationDecision =
  | (BrokenRules & {
      /** The minimum that the size was held against. */
      readonly minSize?: number;
    })
  | {
      readonly kind: 'admitted';
      readonly persons: string;
      readonly destination: string;
      readonly minSize: number;
    };

/** Decides on the publication of an audience to a destination. */
export function decideActivation(inputs: ActivationInputs): ActivationDecision {
  const { destination, isLargeEnough } = inputs;
  const checked = checkDefined(inputs);
  if (!checked.ok) return { kind: 'refused', violations: checked.violations };
  const { value } = checked;
  const minSize = minSizeAt(value, destination);
  const publication = {
    audienceOwner: inputs.audienceOwner ?? '',
    blurEpsilon: inputs.blurEpsilon ?? null,
    tags: inputs.tags ?? [],
    ...(inputs.blurSpent === undefined ? {} : { blurSpent: inputs.blurSpent }),
  };
  const violations = [
    ...checkDestination(value, destination, publication),
    ...(isLargeEnough ? [] : tooSmall(value, destination)),
  ];
  if (violations.length > 0) return { kind: 'refused', violations, minSize };
  const place = `${destination.owner}/${destination.destination}`;
  return { kind: 'admitted', persons: printPersons(value).sql, destination: place, minSize };
}

function checkDefined({ sql, parse, tables, functions }: AudienceInputs): Checked<CheckedAudience> {
  const read = readQuery(sql, parse);
  return read.ok ? checkAudience(read.value, tables, functions) : read;
}

/** The refusal of whatever is too small, without how many there were. */
function tooSmall(audience: CheckedAudience, to: DestinationFacts): readonly Violation[] {
  return checkAudienceSize(audience, -1n, to).map((one) => {
    const { persons: _, ...facts } = one.facts;
    return { ...one, facts, message: 'the protected size of the audience is under the minimum' };
  });
}
