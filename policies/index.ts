/** The door of the decisions: pure functions from query, rules, schema and ledger to a plan or every violation. */
export {
  type Charge,
  canBear,
  chargedEpsilon,
  type LedgerAccount,
  remainingEpsilon,
} from './account/ledger-account.ts';
export type { Violation, ViolationRule } from './check/catalogue.ts';
export {
  addressTable,
  type CheckedAudience,
  checkAudience,
  checkAudienceSize,
  checkDestination,
  checkSizeEpsilon,
  type DestinationFacts,
} from './check/check-audience.ts';
export { type CheckedQuery, type CheckOptions, checkQuestion } from './check/check-question.ts';
export {
  type IdentifierKind,
  type ScalarType,
  type TableColumn,
  type TableView,
  tableName,
} from './collaboration/table-view.ts';
export { columnsNeeded } from './plan/columns-needed.ts';
export { type ExpectedError, expectedErrors } from './plan/explain-plan.ts';
export { canonicalText, type Expression, type PlanTable } from './plan/expression.ts';
export { planAudienceSize } from './plan/plan-audience.ts';
export {
  chargeOf,
  type PlanBudget,
  type PlannedAggregate,
  type ProtectedPlan,
  planQuestion,
  priceOf,
  spentAccounts,
  varianceOf,
} from './plan/protected-plan.ts';
export { type PrintedQuery, printAggregate, printPersons } from './print/print-aggregate.ts';
export { printOuter, releaseTable } from './print/print-outer.ts';
export type { RandomBits } from './protect/discrete-gaussian.ts';
export { protect, protectInSlices, type Release } from './protect/protect.ts';
export { type Cell, RawGroups } from './protect/raw-groups.ts';
export { type ReadRules, readRules } from './rules/read-rules.ts';
export type { Rules, RulesFault } from './rules/rules.ts';
export { type Checked, MAX_SQL_BYTES, type Parse, type ParsedQuery, readQuery } from './syntax/read-query.ts';
