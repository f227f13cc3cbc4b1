/** The door of the decisions: pure functions from query, rules, schema and ledger to a plan or every violation. */

export { assertAddsUp, chargeOfEvents } from './account/charge-of-events.ts';
export { eventsLeft, eventsOf } from './account/events-of.ts';
export {
  type Charge,
  canBear,
  chargedEpsilon,
  estimatedEpsilon,
  type LedgerAccount,
  remainingEpsilon,
} from './account/ledger-account.ts';
export { partOfEpsilon } from './account/part-of-epsilon.ts';
export { type PrivacyEvent, readEvents, recordOf } from './account/privacy-event.ts';
export { capacityOf, largestEpsilon } from './account/remaining.ts';
export { shareEpsilon } from './account/share-epsilon.ts';
export { type CombinationKind, combineAudiences } from './audience/combine-audiences.ts';
export { type Noisy, portraitShares } from './audience/portrait-index.ts';
export { PORTRAIT_COLUMNS, type PortraitSubject, portraitOf, portraitTotals } from './audience/portrait-questions.ts';
export { printRule } from './audience/print-rule.ts';
export { readAudienceRule } from './audience/read-rule.ts';
export { readTags } from './audience/read-tags.ts';
export { TAG_SENSITIVITIES, type Tag, type TagSensitivity } from './audience/tag.ts';
export { declaredPriceOf, SENSITIVE_BLUR_EPSILON, tagsTouched } from './audience/tag-terms.ts';
export { type Violation, type ViolationRule, violationCatalogue } from './check/catalogue.ts';
export { type CheckedAudience, checkAudience, checkSizeEpsilon, smallestSizeEpsilon } from './check/check-audience.ts';
export {
  addressTable,
  type BlurSpent,
  checkAudienceSize,
  checkDestination,
  type DestinationFacts,
  minSizeAt,
  type Publication,
} from './check/check-destination.ts';
export { refuseUnsound } from './check/check-outer.ts';
export { type CheckedQuery, type CheckOptions, checkQuestion } from './check/check-question.ts';
export { type DescribedColumn, type DescribedPersons, describePersons } from './check/describe-persons.ts';
export type { Candidate } from './check/rewrite/candidates.ts';
export { findRewrite } from './check/rewrite/find-rewrite.ts';
export type { FunctionParameter, FunctionResult, FunctionView } from './collaboration/function-view.ts';
export {
  type FunctionSignature,
  type ReadSignature,
  readFunctionSignature,
} from './collaboration/read-function-signature.ts';
export {
  type IdentifierKind,
  type ScalarType,
  type TableColumn,
  type TableView,
  tableName,
} from './collaboration/table-view.ts';
export { type AttributionModel, attributionSql } from './effect/attribution-sql.ts';
export { MISMATCH_PROBABILITY_RATIO, splitProbability } from './effect/check-split.ts';
export { cohortNames, cohortSql } from './effect/cohort-sql.ts';
export type { EffectTable } from './effect/effect-sql.ts';
export {
  type ArmCounts,
  estimateOf,
  type Interval,
  type NoisyNumber,
  noisyInterval,
  personsOf,
} from './effect/noisy-rate.ts';
export { detectableEffect } from './effect/plan-experiment.ts';
export { frequencyName, reachSql } from './effect/reach-sql.ts';
export { upliftOf } from './effect/uplift.ts';
export { segmentName, type UpliftSql, upliftSql } from './effect/uplift-sql.ts';
export {
  DEFAULT_IDENTITY_RULES,
  type IdentityRules,
  isIdentifierKind,
  type ReadIdentityRules,
  rankKinds,
  readIdentityRules,
} from './identity/identity-rules.ts';
export { choosePath } from './layout/choose-path.ts';
export { columnBytes } from './layout/column-bytes.ts';
export {
  LAYOUT_COLUMNS,
  type LayoutBase,
  type LayoutColumn,
  type LayoutColumnType,
  type LayoutForm,
  type LayoutSpec,
  type LayoutStep,
  layoutName,
  matchedColumn,
  type PathQuery,
  type PathTable,
  type PrintedLayout,
  type ShardedQuery,
  type ShardStep,
  type StoredLayout,
} from './layout/layout.ts';
export { layoutsOf } from './layout/layouts-of.ts';
export type { ChosenPath, PathKind } from './layout/path.ts';
export { printLayout } from './layout/print-layout.ts';
export { printPath } from './layout/print-path.ts';
export { printSelection, type SelectionQuery } from './layout/print-selection.ts';
export { chooseSelection, type Selection, type SelectionPath } from './layout/selection-path.ts';
export { type CodedFeature, type Dimension, marginsSql, spaceOf } from './model/cluster-space.ts';
export { clusterSql, nearestSql, type Point, profileSql, roundSql } from './model/cluster-sql.ts';
export type { ReleasedRow } from './model/counted-rows.ts';
export { type Feature, featureOf, readColumn } from './model/feature-codes.ts';
export { gatheredPoints, movedPoints, startingPoints } from './model/lloyd.ts';
export { scoreRange, scoreSql, trainingSql, type Weight, weightsOf } from './model/look-alike.ts';
export { clusterFigures, type ModelFigure, rankingFigures, weightFigures } from './model/model-figures.ts';
export { faultOfPersons, fromPersons, isIn, type PersonsSource, personSql, tableSql } from './model/persons-source.ts';
export {
  bandsSql,
  type CutCount,
  cutFor,
  cutSql,
  edgesFrom,
  firstBandsSql,
  fromTheTop,
  type Ranking,
} from './model/score-bands.ts';
export { boundedBy, boundedByNothing } from './plan/bounded-by.ts';
export {
  type BoundingChoice,
  chooseBounding,
  declaredChoice,
  type MostRows,
  uncutTables,
} from './plan/bounding-choice.ts';
export { columnsNeeded, touchedColumns } from './plan/columns-needed.ts';
export { type BoundedReach, boundingPath, type ExpectedError, expectedErrors } from './plan/explain-plan.ts';
export { canonicalText, type Expression, type PlanTable } from './plan/expression.ts';
export { functionsUsed, type UsedFunction } from './plan/functions-used.ts';
export { bothSql, personsSql } from './plan/match-sql.ts';
export { varianceOf } from './plan/noise-variance.ts';
export { planAudienceSize } from './plan/plan-audience.ts';
export {
  drawPadding,
  type HiddenMatchPlan,
  type MatchReportPlan,
  OTHER_KIND,
  planHiddenMatch,
  planMatchReport,
  sizeFromPoints,
} from './plan/plan-match.ts';
export type { PlannedBounds } from './plan/planned-bounds.ts';
export {
  chargeOf,
  type PlanBudget,
  type PlannedAggregate,
  type ProtectedPlan,
  planQuestion,
  priceOf,
} from './plan/protected-plan.ts';
export type { UnitBounds } from './plan/question-tree.ts';
export { type RowCondition, rowsNeeded } from './plan/rows-needed.ts';
export { toldBounds } from './plan/told-bounds.ts';
export { arrangeRelease } from './print/arrange-release.ts';
export type { PrintedFunction } from './print/function-names.ts';
export { type PrintedQuery, printAggregate, printPersons } from './print/print-aggregate.ts';
export { MAX_BOUNDS_ROWS, printBounds } from './print/print-bounds.ts';
export { printOuter, releaseTable } from './print/print-outer.ts';
export { type OuterProbe, printOuterProbe } from './print/print-outer-probe.ts';
export { isChangeLargeEnough } from './protect/change-is-large-enough.ts';
export type { RandomBits } from './protect/discrete-gaussian.ts';
export { protect, protectInSlices, type Release, type ThresholdNote } from './protect/protect.ts';
export { foundBounds, protectBounds } from './protect/protect-bounds.ts';
export { type Cell, RawGroups } from './protect/raw-groups.ts';
export { estimateFromSample, type SampledEstimate } from './protect/sampled-count.ts';
export type { AccountBefore } from './replay/bear-charge.ts';
export type { Decision, DecisionInputs } from './replay/decide.ts';
export type { ActivationInputs, AudienceInputs, SizeInputs } from './replay/decide-audience.ts';
export type { MatchInputs } from './replay/decide-match.ts';
export {
  type DecidingCode,
  type DecisionRecord,
  type DecisionSubject,
  type Decisions,
  type Replay,
  readDecisionRecord,
  recordDecision,
  replayDecision,
} from './replay/decision-record.ts';
export { AUDIENCE_PURPOSES, isAudiencePurpose } from './rules/purpose.ts';
export { type ReadRules, readRules } from './rules/read-rules.ts';
export {
  MAX_BLUR_EPSILON,
  MIN_BLUR_EPSILON,
  PERMITTABLE_AGGREGATES,
  type PermittableAggregate,
  type Rules,
  type RulesFault,
} from './rules/rules.ts';
export {
  type Checked,
  MAX_SQL_BYTES,
  type Parse,
  type ParsedQuery,
  readQuery,
  refuseText,
} from './syntax/read-query.ts';
export { fillTemplate } from './template/fill-template.ts';
export { type ReadTemplate, readTemplate } from './template/read-template.ts';
export { readValues, sampleFilling } from './template/read-values.ts';
export { readyTemplates } from './template/ready/ready-templates.ts';
export { repeatedField } from './template/repeated-field.ts';
export type { Template, TemplateKind } from './template/template.ts';
export { checkHistory, type ReleaseMode } from './threshold/check-threshold.ts';
export {
  type EarlierGroups,
  earlierGroupsOf,
  MAX_EARLIER_AGGREGATIONS_COUNT,
  neededSnapshots,
  ofSnapshots,
  type SnapshotTable,
} from './threshold/earlier-groups.ts';
export { printComparison } from './threshold/print-comparison.ts';
export { printThreshold } from './threshold/print-threshold.ts';
export { printThresholdPath, type ThresholdPath } from './threshold/print-threshold-path.ts';
export { protectThreshold, THRESHOLD_NOTICE } from './threshold/protect-threshold.ts';
export { RawThresholdGroups } from './threshold/raw-threshold-groups.ts';
export { isThreshold, planThreshold, type ThresholdAggregate } from './threshold/threshold-plan.ts';
