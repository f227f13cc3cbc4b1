import type { WallCheck, WallOptions } from '../wall.ts';
import { findDevelopmentSteps } from './development-wall.ts';
import { findMissingTools } from './host-tools.ts';
import type { WorkerBudget } from './limits.ts';
import { stageRuntime } from './runtime-folder.ts';
import { selfTest, type TestedWall } from './self-test.ts';
import { openWorkerUsers } from './worker-users.ts';

/** Thrown when the wall would have a hole; names each missing denial and what to do about it. */
export class WallUnsafeError extends Error {
  override name = 'WallUnsafeError';
  readonly checks: readonly WallCheck[];

  constructor(checks: readonly WallCheck[]) {
    const holes = checks.filter(({ holds, isRequired }) => isRequired && !holds);
    super(`the wall does not hold: ${holes.map(({ name, fix }) => `\`${name}\` (${fix})`).join(', ')}`);
    this.checks = checks;
  }
}

/** How a wall is built, and what tested it. */
export type WallPlan = Pick<WallOptions, 'runtimeDirectory' | 'workerUsers' | 'developmentWithoutBubblewrap'>;

/**
 * Builds what workers are started with and proves it by the self-test: the real wall, or what is left of it where that
 * one does not hold and the operator asked for the development wall.
 *
 * @throws {WallUnsafeError} when a program is missing or a required denial is
 * @throws {RuntimeFolderError} when the worker's files cannot be staged safely
 * @throws {WorkerUsersError} when workers cannot be given users of their own
 */
export async function buildWall(plan: WallPlan, budget: WorkerBudget): Promise<TestedWall> {
  const real = await tryWall(plan, budget, findMissingTools());
  if (real.isSafe) return real.wall;
  if (plan.developmentWithoutBubblewrap !== true) throw new WallUnsafeError(real.checks);
  const tools = findMissingTools().filter(({ name }) => name !== 'bubblewrap');
  const left = await tryWall(plan, budget, tools, findDevelopmentSteps());
  if (left.isSafe) return left.wall;
  throw new WallUnsafeError(left.checks);
}

type Tried = { isSafe: true; wall: TestedWall } | { isSafe: false; checks: readonly WallCheck[] };

async function tryWall(
  { runtimeDirectory, workerUsers }: WallPlan,
  budget: WorkerBudget,
  missing: readonly WallCheck[],
  development?: readonly string[],
): Promise<Tried> {
  if (missing.length > 0) return { isSafe: false, checks: missing };
  const runtime = stageRuntime(runtimeDirectory ?? undefined, development === undefined ? 'wall' : 'development');
  const users = openWorkerUsers(workerUsers);
  const wall = { runtime, budget, users, ...(development === undefined ? {} : { development }) };
  try {
    const checks = await selfTest(wall);
    if (checks.every(({ holds, isRequired }) => holds || !isRequired)) return { isSafe: true, wall };
    await users.close();
    return { isSafe: false, checks };
  } catch (error) {
    await users.close();
    throw error;
  }
}
