import { type ProtectedPlan, printAggregate, printOuter } from '../../policies/index.ts';

/** A question without its literals: what the engine was asked, for everybody who may read the log. */
export function questionShape(plan: ProtectedPlan): { counted: string[]; outer: string } {
  return {
    counted: plan.aggregates.map((a) => printAggregate(a, 'mark').sql),
    outer: printOuter(plan.outer, 'mark'),
  };
}
