import type { BoundingChoice } from '../plan/bounding-choice.ts';
import type { Expression } from '../plan/expression.ts';
import type { KeptOrder } from '../plan/kept-order.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { Statistic } from '../plan/question-tree.ts';
import type { PrintStyle } from './print-expression.ts';
import type { StoredRows } from './print-rows.ts';
import type { SumOfPerson } from './print-statistic.ts';

/** A statistic with the name of its column at every step. */
export interface NamedStatistic<S extends Statistic = Statistic> {
  readonly statistic: S;
  readonly name: string;
}

/** What a program reads that is made of layouts. */
export interface StoredReading extends StoredRows {
  /** Columns of codes that stand for the texts of keys, by the name of the key's column. */
  readonly codes: ReadonlyMap<string, Expression>;
  /** As the aggregation has it that was asked: two tables that are read as one still say what varies within a person. */
  readonly kept: KeptOrder;
  /** Whether the question asks for rows of certain values, which leave few. */
  readonly isNarrow: boolean;
}

/** The names and choices that all steps of one aggregation share. */
export interface PrintedParts {
  readonly aggregate: PlannedAggregate;
  readonly style: PrintStyle;
  readonly choice: BoundingChoice;
  readonly keys: readonly string[];
  /** All but the persons, who are counted as they are. */
  readonly measured: readonly NamedStatistic[];
  /** `null` for tables as they were handed in. */
  readonly stored: StoredReading | null;
  /** What a person brings to a sum of decimals. */
  readonly brought: SumOfPerson;
}
