import {
  bandsSql,
  type DescribedColumn,
  edgesFrom,
  type Feature,
  featureOf,
  firstBandsSql,
  fromTheTop,
  type Ranking,
  rankingFigures,
  readColumn,
  scoreRange,
  scoreSql,
  type TableView,
  trainingSql,
  weightFigures,
  weightsOf,
} from '../../policies/index.ts';
import { invalid, type ModelSpec } from './model-spec.ts';
import type { PersonsOfModel } from './persons-of-model.ts';
import type { TrainedModel, TrainedRanking } from './trained-model.ts';
import type { Training } from './training.ts';

/** How the loss of a look-alike is shared out: what it learns, and twice how its scores are spread. */
const LOOK_ALIKE_SHARES = [0.6, 0.15, 0.25] as const;
/** Of a ranking that learns nothing: the first bands only say where the others lie. */
const SCORE_SHARES = [0.35, 0.65] as const;

/** The seed of a look-alike: SQL that selects it, and the tables that it reads. */
export interface Seed {
  readonly sql: string;
  readonly tables: readonly TableView[];
}

/** Trains a look-alike: persons in and outside the seed by value, weights from these, and how the scores are spread. */
export async function trainLookAlike(
  training: Training,
  persons: PersonsOfModel,
  { spec, seed }: { readonly spec: Extract<ModelSpec, { kind: 'look-alike' }>; readonly seed: Seed },
): Promise<TrainedModel> {
  const features = featuresOf(persons.columns);
  const [learning = 0, ...spreading] = training.share(LOOK_ALIKE_SHARES);
  const shownPersons = shownWith([...persons.tables, ...seed.tables]);
  const rows = await training.ask(trainingSql(persons.source, seed.sql, features), learning);
  const weights = weightsOf(features, rows, shownPersons);
  const score = scoreSql(features, weights);
  const without = spec.isWithoutSeed ? seed.sql : null;
  const range = scoreRange(features, weights);
  const ranking = { source: persons.source, score, ...range, isWhole: true, without };
  const learnt = await spreadOf(training, ranking, { epsilons: spreading, shownPersons });
  return { learnt, expression: score, figures: [...rankingFigures(learnt.cuts), ...weightFigures(weights)] };
}

/** Ranks persons by a scoring function, and finds how its scores are spread. */
export async function trainFunctionScore(
  training: Training,
  persons: PersonsOfModel,
  { functionName }: Extract<ModelSpec, { kind: 'function-score' }>,
): Promise<TrainedModel> {
  const known = persons.functions.find((f) => `${f.member}.${f.name}` === functionName.toLowerCase());
  if (known === undefined) throw invalid(`\`${functionName}\` is no scoring function here; \`galley function list\``);
  const { returns } = known;
  if (returns.kind === 'label') {
    const instead = `write SQL where ${functionName}(…) = 'label'`;
    throw invalid(`\`${functionName}\` gives a label, which ranks nobody: ${instead}`);
  }
  const score = `${functionName}(${persons.columns.map(({ name }) => readColumn(name)).join(', ')})`;
  const unit = 10 ** returns.scale;
  const range = { low: Number(returns.min) / unit, high: Number(returns.max) / unit, isWhole: returns.scale === 0 };
  const ranking = { source: persons.source, score, ...range, without: null };
  const shownPersons = shownWith(persons.tables);
  const learnt = await spreadOf(training, ranking, { epsilons: training.share(SCORE_SHARES), shownPersons });
  return { learnt, expression: score, figures: rankingFigures(learnt.cuts) };
}

async function spreadOf(
  training: Training,
  ranking: Ranking,
  { epsilons, shownPersons }: { readonly epsilons: readonly number[]; readonly shownPersons: number },
): Promise<TrainedRanking> {
  const [first = 0, second = 0] = epsilons;
  const edges = edgesFrom(ranking, await training.ask(firstBandsSql(ranking), first), shownPersons);
  if (edges.length === 0) return { kind: 'ranking', ranking, cuts: [] };
  const cuts = fromTheTop(edges, await training.ask(bandsSql(ranking, edges), second), shownPersons);
  return { kind: 'ranking', ranking, cuts };
}

/** The features of some columns. @throws {ServiceError} INVALID_REQUEST for one that nothing can be learnt from */
export function featuresOf(columns: readonly DescribedColumn[]): readonly Feature[] {
  return columns.map((column) => {
    const feature = featureOf(column);
    if (typeof feature === 'string') throw invalid(feature);
    return feature;
  });
}

/** Fewest persons that a group shows with: the strictest owner's. */
function shownWith(tables: readonly TableView[]): number {
  return Math.max(0, ...tables.map((view) => view.rules.minGroupSize));
}
