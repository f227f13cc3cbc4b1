import { declaredChoice } from '../plan/bounding-choice.ts';
import { keptOrder } from '../plan/kept-order.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { FunctionNames } from '../print/function-names.ts';
import { type PrintedParts, partsOf, printSteps } from '../print/print-aggregate.ts';
import { type GatheredOf, OVER_PLACE, printParts } from './gathered-parts.ts';
import type { PathTable, ShardStep } from './layout.ts';
import type { LayoutsRead, OverTables } from './path.ts';
import { readStored } from './stored-tables.ts';

/** The general program over the rows of persons who have more of them than declared, and what it reads. */
export interface OverParts {
  readonly parts: PrintedParts;
  readonly tables: readonly PathTable[];
}

/**
 * The part of an aggregation that counts persons over what is declared, by the very steps of the general program, cut and
 * all: which of a person's rows stay follows from the columns that a question reads, and is stored nowhere.
 *
 * Nobody is told apart by being over before rows are put in order, as there all are: that takes the engine a third of the
 * operators, and with them of the time where nobody is over.
 *
 * It is printed and run whether there are such persons or not, so that a question's time does not tell.
 */
export function overParts(asked: PlannedAggregate, over: OverTables, functions: FunctionNames): OverParts {
  const { codes, printing, tables } = readStored(asked, wholeTables(over), 'texts');
  const reading = { codes, kept: keptOrder(asked), ...printing, isOver: true };
  return {
    parts: partsOf(asked, { literals: 'value', functions }, declaredChoice(asked), reading),
    tables: tables.map((t) => ({ ...t, isOver: true })),
  };
}

/** The steps that gather what they bring, beside the parts of all others. */
export function printOver(of: GatheredOf, { parts }: OverParts): readonly ShardStep[] {
  const steps = printParts({ ...of, codes: new Set() }, printSteps(parts), parts, OVER_PLACE);
  return steps.map((step) => ({ ...step, isOver: true }));
}

/** The rows of persons over what is declared as all that there is of their tables. */
export function wholeTables(over: OverTables): ReadonlyMap<string, LayoutsRead> {
  return new Map([...over].map(([name, layout]) => [name, { within: [layout], over: null }]));
}
