import { boundedByNothing, type ProtectedPlan, printAggregate, printBounds, printOuter } from '../../policies/index.ts';

/** A question without its literals: what the engine was asked, for everybody who may read the log. */
export function questionShape(plan: ProtectedPlan): { counted: string[]; outer: string } {
  return {
    counted: plan.aggregates.flatMap((a) => [
      ...a.bounds.map((b) => printBounds(b, 'mark').sql),
      printAggregate(boundedByNothing(a), 'mark').sql,
    ]),
    outer: printOuter(plan.outer, 'mark'),
  };
}
