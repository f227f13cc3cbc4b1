import type { models } from '../../proto/index.ts';
import { ServiceError } from '../grpc/index.ts';

/** What is to be trained, with every field read. */
export type ModelSpec =
  | {
      readonly kind: 'look-alike';
      readonly persons: string;
      readonly features: readonly string[];
      readonly seedAudienceId: string;
      readonly isWithoutSeed: boolean;
    }
  | {
      readonly kind: 'clusters';
      readonly persons: string;
      readonly features: readonly string[];
      readonly count: number;
    }
  | {
      readonly kind: 'function-score';
      readonly persons: string;
      readonly functionName: string;
      readonly features: readonly string[];
    };

/** Most features of one model: the loss is shared out among them. */
export const MAX_FEATURES_COUNT = 16;
/** Fewest and most clusters: one says nothing, and more than that nobody tells apart. */
const CLUSTERS_COUNT = { least: 2, most: 16 } as const;

/** Reads what is to be trained. @throws {ServiceError} INVALID_REQUEST */
export function readSpec(asked: models.ModelSpec | undefined): ModelSpec {
  const spec = asked?.spec;
  if (spec?.$case === 'lookAlike') {
    const { seedAudienceId, persons, features, withoutSeed } = spec.value;
    if (seedAudienceId === '') throw invalid('`seed_audience_id` is missing; `galley audience list` has the ids');
    const rest = { features: readFeatures(features), seedAudienceId, isWithoutSeed: withoutSeed };
    return { kind: 'look-alike', persons: readPersons(persons), ...rest };
  }
  if (spec?.$case === 'clusters') {
    const { persons, features, count } = spec.value;
    const { least, most } = CLUSTERS_COUNT;
    if (count < least || count > most) throw invalid(`\`count\` must be a number from ${least} to ${most}`);
    return { kind: 'clusters', persons: readPersons(persons), features: readFeatures(features), count };
  }
  if (spec?.$case === 'functionScore') {
    const { persons, function: functionName, arguments: given } = spec.value;
    if (given.length === 0) throw invalid('`arguments` must name the columns that the function takes, in order');
    return { kind: 'function-score', persons: readPersons(persons), functionName, features: readFeatures(given) };
  }
  throw invalid('`spec` must say what to train: `look_alike`, `clusters` or `function_score`');
}

function readPersons(persons: string): string {
  if (persons.trim() !== '') return persons;
  throw invalid('`persons` must name a table, as `member.alias`, or be SQL that gives one row a person');
}

function readFeatures(features: readonly string[]): readonly string[] {
  if (features.length > MAX_FEATURES_COUNT) {
    throw invalid(`a model learns from at most ${MAX_FEATURES_COUNT} columns`);
  }
  if (new Set(features).size < features.length) throw invalid('a column is named twice');
  return features;
}

/** A request that cannot be understood. */
export function invalid(message: string): ServiceError {
  return new ServiceError('INVALID_REQUEST', message);
}

/** A spec as a message again. */
export function specMessage(spec: ModelSpec): models.ModelSpec {
  const { persons } = spec;
  const features = [...spec.features];
  switch (spec.kind) {
    case 'look-alike': {
      const { seedAudienceId, isWithoutSeed: withoutSeed } = spec;
      return { spec: { $case: 'lookAlike', value: { seedAudienceId, persons, features, withoutSeed } } };
    }
    case 'clusters':
      return { spec: { $case: 'clusters', value: { persons, features, count: spec.count } } };
    default: {
      const { functionName } = spec;
      return { spec: { $case: 'functionScore', value: { persons, function: functionName, arguments: features } } };
    }
  }
}
