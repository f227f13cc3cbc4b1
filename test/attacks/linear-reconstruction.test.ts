// A4, linear reconstruction: ask for the number of visitors among many random subsets of persons, and solve for the
// bit of each (Dinur and Nissim 2003; Cohen and Nissim, "Linear program reconstruction in practice", 2018). With noise
// below the square root of the number of persons and as many questions as persons, all bits come out.
//
// The wall: every subset is charged, and the ledger refuses when it is spent, without exception. What the whole budget
// buys leaves each bit nearly as uncertain as a coin.
import { describe, expect, it } from 'vitest';
import { canBear, type LedgerAccount } from '../../policies/index.ts';
import {
  advantageBound,
  expectBelow,
  expectNotOver,
  isLongCampaign,
  outcomeOf,
  zcdpAdvantageBound,
} from '../support/games.ts';
import { systemBits } from '../support/run-plan.ts';
import { outcomes } from '../support/tables.ts';
import { firstNumber, type World, worldOf } from '../support/worlds.ts';

const PERSON_COUNT = 200;
/** Visitors whom the attacker knows, as it made them up: in every subset they keep the count far over the minimum. */
const KNOWN_COUNT = 200;
const TRIAL_COUNT = isLongCampaign ? 20 : 2;
/** As for the tables of the tests: what one owner grants over the life of its data. */
const BUDGET: LedgerAccount = { epsilon: 2, delta: 1e-6, rhoCharged: 0, deltaCharged: 0 };

const coins = (count: number): readonly boolean[] => Array.from({ length: count }, () => systemBits.draw(1) === 1n);

/** A question about a subset: everybody has a zip of one's own, so that a list of them names the subset. */
function subsetSql(subset: readonly boolean[]): string {
  const zips = subset.flatMap((isIn, i) => (isIn ? [`'z${i}'`] : []));
  return `select count(*) from market.outcomes where visit = 1 and zip in ('known', ${zips.join(', ')})`;
}

interface Answers {
  readonly subsets: readonly (readonly boolean[])[];
  readonly counts: readonly number[];
  readonly rho: number;
}

/** Asks about random subsets until the ledger refuses. */
async function askUntilSpent(secret: readonly boolean[], epsilon: number): Promise<Answers> {
  const unknown = secret.map((bit, i) => [String(i), bit ? '1' : '0', '0', `'z${i}'`, null]);
  const known = Array.from({ length: KNOWN_COUNT }, (_, i) => [String(PERSON_COUNT + i), '1', '0', "'known'", null]);
  const subsets: (readonly boolean[])[] = [];
  const counts: number[] = [];
  let account = BUDGET;
  let load = [[outcomes, [...unknown, ...known]]] as Parameters<typeof worldOf>[1];
  for (;;) {
    const subset = coins(PERSON_COUNT);
    const world: World = await worldOf(subsetSql(subset), load, { epsilon });
    load = [];
    const { charge } = world.aggregate;
    if (!canBear(account, charge)) break;
    account = { ...account, rhoCharged: account.rhoCharged + charge.rho };
    const count = firstNumber(world.look());
    expect(count, 'a subset was held back').not.toBeNaN();
    subsets.push(subset);
    counts.push(count - KNOWN_COUNT);
  }
  return { subsets, counts, rho: account.rhoCharged };
}

/** Least squares with a prior that every bit is a coin, by conjugate gradients: the best linear guess of each bit. */
function solve({ subsets, counts }: Answers, ridge: number): readonly boolean[] {
  // In signs: member of the subset +1/2, else -1/2; a bit is +1/2 or -1/2 as well.
  const signs = subsets.map((s) => s.map((isIn) => (isIn ? 1 : 0)));
  const rest = counts.map((count, q) => count - (signs[q] ?? []).reduce<number>((sum, s) => sum + s / 2, 0));
  const times = (x: readonly number[]): number[] =>
    signs.map((row) => row.reduce<number>((sum, s, i) => sum + s * (x[i] ?? 0), 0));
  const back = (y: readonly number[]): number[] => {
    const sums = new Array<number>(PERSON_COUNT).fill(0);
    for (const [q, row] of signs.entries())
      for (const [i, s] of row.entries()) sums[i] = (sums[i] ?? 0) + s * (y[q] ?? 0);
    return sums;
  };
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  let x = new Array<number>(PERSON_COUNT).fill(0);
  let residual = back(rest);
  let direction = residual;
  for (let step = 0; step < 60 && dot(residual, residual) > 1e-9; step += 1) {
    const image = back(times(direction)).map((v, i) => v + ridge * (direction[i] ?? 0));
    const size = dot(residual, residual) / dot(direction, image);
    x = x.map((v, i) => v + size * (direction[i] ?? 0));
    const next = residual.map((v, i) => v - size * (image[i] ?? 0));
    const share = dot(next, next) / dot(residual, residual);
    direction = next.map((v, i) => v + share * (direction[i] ?? 0));
    residual = next;
  }
  return x.map((v) => v > 0);
}

const rightBits = (secret: readonly boolean[], guess: readonly boolean[]): number =>
  secret.filter((bit, i) => bit === guess[i]).length;

describe('random subsets', () => {
  it('give all bits away where there is no noise: the attack works', async () => {
    const secret = coins(PERSON_COUNT);
    const subsets = Array.from({ length: 1.5 * PERSON_COUNT }, () => coins(PERSON_COUNT));
    const counts = subsets.map((subset) => subset.filter((isIn, i) => isIn && secret[i]).length);
    expect(rightBits(secret, solve({ subsets, counts, rho: 0 }, 1e-3)) / PERSON_COUNT).toBeGreaterThan(0.99);
  });

  it.each([0.3, 0.6])(
    'leave each bit nearly a coin when the whole budget is spent on them, at epsilon %d a question',
    async (epsilon) => {
      let right = 0;
      let rho = 0;
      for (let trial = 0; trial < TRIAL_COUNT; trial += 1) {
        const secret = coins(PERSON_COUNT);
        const answers = await askUntilSpent(secret, epsilon);
        expect(answers.subsets.length).toBeGreaterThan(1);
        rho = Math.max(rho, answers.rho);
        // The prior's weight is the ratio of the variances of the noise and of a bit.
        const variance = answers.subsets.length / (2 * answers.rho);
        right += rightBits(secret, solve(answers, 4 * variance));
      }
      const outcome = outcomeOf(right, TRIAL_COUNT * PERSON_COUNT);
      expectBelow(`A4 at epsilon ${epsilon} a question`, outcome, advantageBound(BUDGET.epsilon, BUDGET.delta));
      expectNotOver(`A4 at epsilon ${epsilon} a question, by its loss`, outcome, zcdpAdvantageBound(rho));
    },
  );
});
