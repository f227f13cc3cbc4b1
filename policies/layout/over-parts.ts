import { declaredChoice } from '../plan/bounding-choice.ts';
import { keptOrder } from '../plan/kept-order.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { FunctionNames } from '../print/function-names.ts';
import { partsOf, printSteps } from '../print/print-aggregate.ts';
import type { SumOfPerson } from '../print/print-statistic.ts';
import type { PrintedParts } from '../print/printed-parts.ts';
import { type GatheredOf, OVER_PLACE, printParts } from './gathered-parts.ts';
import type { PathTable, ShardStep } from './layout.ts';
import type { LayoutsRead, OverTables } from './path.ts';
import { readStored } from './stored-tables.ts';

/** The general program over the rows of persons who have more of them than declared, and what it reads. */
export interface OverParts {
  readonly parts: PrintedParts;
  readonly tables: readonly PathTable[];
}

/** What steps are printed for: groups, or what each person brings into them, which says its keys and units itself. */
export type PartsUse = 'groups' | 'contributions';

/** What persons bring to a sum of decimals, for such a use. */
export function broughtTo(use: PartsUse): SumOfPerson {
  return use === 'groups' ? 'decimals' : 'units';
}

/**
 * The part of an aggregation that counts persons over what is declared, by the very steps of the general program, cut and
 * all: which of a person's rows stay follows from the columns that a question reads, and is stored nowhere.
 *
 * Nobody is told apart by being over before rows are put in order, as there all are: that takes the engine a third of the
 * operators, and with them of the time where nobody is over.
 *
 * It is printed and run whether there are such persons or not, so that a question's time does not tell. Its groups are by
 * the same codes as those of all others, where these are by codes.
 */
export function overParts(
  asked: PlannedAggregate,
  over: OverTables,
  functions: FunctionNames,
  use: PartsUse,
): OverParts {
  const { codes, printing, tables } = readStored(asked, wholeTables(over), use === 'groups' ? 'codes' : 'texts');
  const reading = { codes, kept: keptOrder(asked), ...printing, isOver: true, isNarrow: false };
  return {
    parts: {
      ...partsOf(asked, { literals: 'value', functions }, declaredChoice(asked), reading),
      brought: broughtTo(use),
    },
    tables: tables.map((t) => ({ ...t, isOver: true })),
  };
}

/** The steps that gather what they bring, beside the parts of all others. */
export function printOver(of: GatheredOf, { parts }: OverParts): readonly ShardStep[] {
  const steps = printParts(of, printSteps(parts), parts, OVER_PLACE);
  return steps.map((step) => ({ ...step, isOver: true }));
}

/** The rows of persons over what is declared as all that there is of their tables. */
export function wholeTables(over: OverTables): ReadonlyMap<string, LayoutsRead> {
  return new Map([...over].map(([name, layout]) => [name, { within: [layout], over: null }]));
}
