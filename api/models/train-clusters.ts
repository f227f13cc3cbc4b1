import {
  type CodedFeature,
  clusterFigures,
  type Dimension,
  gatheredPoints,
  marginsSql,
  movedPoints,
  nearestSql,
  type Point,
  profileSql,
  roundSql,
  spaceOf,
  startingPoints,
} from '../../policies/index.ts';
import { invalid, type ModelSpec } from './model-spec.ts';
import type { PersonsOfModel } from './persons-of-model.ts';
import { featuresOf } from './train-ranking.ts';
import type { TrainedModel } from './trained-model.ts';
import type { Training } from './training.ts';

/** How the loss is shared out: ranks, two rounds of many points, two rounds of the clusters, profiles. */
const SHARES = [0.15, 0.15, 0.15, 0.15, 0.15, 0.25] as const;
/** Most dimensions: each is a sum of its own in every round, and the loss is shared out among them. */
const MAX_DIMENSIONS_COUNT = 40;

/** Trains clusters: ranks first, then rounds of protected sums, then the profiles of what was found. */
export async function trainClusters(
  training: Training,
  { source, columns }: PersonsOfModel,
  { count }: Extract<ModelSpec, { kind: 'clusters' }>,
): Promise<TrainedModel> {
  const features = featuresOf(columns).map((feature): CodedFeature => {
    if (feature.kind !== 'texts') return feature;
    const instead = 'its owner lists its values in the rules, or SQL for the persons puts them into groups with CASE';
    throw invalid(`the values of \`${feature.name}\` are not declared: ${instead}`);
  });
  if (spaceOf(features, []).length > MAX_DIMENSIONS_COUNT) {
    throw invalid('the columns have too many values together: leave some out, or put values into groups with CASE');
  }
  const [ranks = 0, ...rounds] = training.share(SHARES);
  const profiles = rounds.pop() ?? 0;
  const space = spaceOf(features, await training.ask(marginsSql(source, features), ranks));
  const ask = (points: readonly Point[], epsilon = 0) => training.ask(roundSql(source, space, points), epsilon);
  let found = startingPoints(space, count).map((point) => ({ point, persons: 0 }));
  for (const epsilon of rounds.slice(0, 2)) {
    const points = found.map((one) => one.point);
    found = [...movedPoints(points, await ask(points, epsilon))];
  }
  let points = gatheredPoints(found, count);
  for (const epsilon of rounds.slice(2))
    points = movedPoints(points, await ask(points, epsilon)).map((one) => one.point);
  const figures = clusterFigures(
    features,
    await training.ask(profileSql(source, space, { points, features }), profiles),
  );
  const expression = nearestSql(source, { space, points, features: [] });
  return { learnt: { kind: 'clusters', source, space: space as Dimension[], points }, expression, figures };
}
