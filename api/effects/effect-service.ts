import type { effects } from '../../proto/index.ts';
import type { HandlerWrappers } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Runs } from '../queries/index.ts';
import { attribute } from './attribute.ts';
import { measureCohort } from './measure-cohort.ts';
import { measureReach } from './measure-reach.ts';
import { measureUplift } from './measure-uplift.ts';
import { planExperiment } from './plan-experiment.ts';

/** The handlers of galley.v1.EffectService: each asks a question in its caller's name, and computes from the release. */
export function makeEffectService(
  kitchen: Kitchen,
  runs: Runs,
  { unary }: HandlerWrappers,
): effects.EffectServiceServer {
  const tools = { kitchen, runs };
  return {
    measureUplift: unary('submit-question', (request, call) => measureUplift(tools, call, request)),
    planExperiment: unary('explain-question', async (request) => planExperiment(request)),
    measureCohort: unary('submit-question', (request, call) => measureCohort(tools, call, request)),
    measureReach: unary('submit-question', (request, call) => measureReach(tools, call, request)),
    attribute: unary('submit-question', (request, call) => attribute(tools, call, request)),
  };
}
