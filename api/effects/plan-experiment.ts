import { detectableEffect } from '../../policies/index.ts';
import type { effects } from '../../proto/index.ts';
import { ServiceError } from '../grpc/index.ts';

/** What a measurement spends that does not say. */
const DEFAULT_EPSILON = 1;
const DEFAULT_DELTA = 1e-6;
/** The power of most plans: one experiment in five that would miss what is there. */
const DEFAULT_POWER_RATIO = 0.8;
/** Below one half a plan would rather miss what is there than find it. */
const LEAST_POWER_RATIO = 0.5;
/** Most groups of one person, as in the rules. */
const MAX_GROUPS_COUNT = 1_000;

/** Says what an experiment could find, from what its asker expects. Reads nothing and charges nothing. */
export function planExperiment(request: effects.PlanExperimentRequest): effects.PlanExperimentResponse {
  const epsilon = request.epsilon === 0 ? DEFAULT_EPSILON : request.epsilon;
  const delta = request.delta === 0 ? DEFAULT_DELTA : request.delta;
  const powerRatio = request.power === 0 ? DEFAULT_POWER_RATIO : request.power;
  const groupsPerPerson = request.groupsPerPerson === 0 ? 1 : request.groupsPerPerson;
  const { baseRate } = request;
  const personsPerArm = Number(request.personsPerArm);
  const isGood =
    personsPerArm >= 1 &&
    baseRate >= 0 &&
    baseRate < 1 &&
    epsilon > 0 &&
    Number.isFinite(epsilon) &&
    delta > 0 &&
    delta < 1 &&
    powerRatio >= LEAST_POWER_RATIO &&
    powerRatio < 1 &&
    groupsPerPerson <= MAX_GROUPS_COUNT;
  if (!isGood) {
    const message =
      'a plan needs `persons_per_arm` of at least 1, `base_rate` from 0 to below 1, `epsilon` over 0, `delta` between 0 and 1, `power` from 0.5 to below 1, and `groups_per_person` of at most 1000';
    throw new ServiceError('INVALID_REQUEST', message);
  }
  const found = detectableEffect({ personsPerArm, baseRate, epsilon, delta, powerRatio, groupsPerPerson });
  return {
    minimumDetectableEffect: found.effect,
    minimumDetectableEffectUnprotected: found.effectUnprotected,
    personsWithoutProtection: BigInt(found.personsUnprotected),
  };
}
