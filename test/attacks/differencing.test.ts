// A1, differencing, or the tracker: ask for everybody, ask for everybody but one, subtract. Where answers are exact the
// difference is that person.
//
// The wall: each answer has noise of its own, so that the difference has twice the variance of one, and every attempt
// is charged: the ledger ends the series long before its mean is worth anything.
import { describe, expect, it } from 'vitest';
import { type Charge, canBear, chargeOf, type LedgerAccount } from '../../policies/index.ts';
import { advantageBound, expectBelow, expectNotOver, FEW_ROUNDS, play, zcdpAdvantageBound } from '../support/games.ts';
import { planOf } from '../support/run-plan.ts';
import { outcomes } from '../support/tables.ts';
import { crowd, firstNumber, type World, worldOf } from '../support/worlds.ts';

const everybody = 'select count(distinct email) from market.outcomes';
const butOne = "select count(distinct email) from market.outcomes where not (zip = '94103' and visit = 1)";
const epsilon = 0.5;
const fresh: LedgerAccount = { epsilon: 4, delta: 1e-6, rhoCharged: 0, deltaCharged: 0 };

const others = crowd(999);
const victim = ['4711', '1', '10', "'94103'", null];

/** Both answers of the tracker in one world, at a price. */
async function tracker(isThere: boolean, price: number): Promise<readonly [World, World]> {
  const contents = [[outcomes, isThere ? [...others, victim] : others]] as const;
  const all = await worldOf(everybody, contents, { epsilon: price });
  return [all, await worldOf(butOne, contents, { epsilon: price })];
}

const difference = ([all, rest]: readonly [World, World]): number => firstNumber(all.look()) - firstNumber(rest.look());

function timesBorne(charge: Charge): number {
  let account = fresh;
  let times = 0;
  for (; canBear(account, charge); times += 1) {
    account = { ...account, rhoCharged: account.rhoCharged + charge.rho };
  }
  return times;
}

describe('a difference of two counts', () => {
  it('does not tell whether the one person between them is there', async () => {
    const [present, absent] = [await tracker(true, epsilon), await tracker(false, epsilon)];
    const played = await play({
      with: () => difference(present),
      without: () => difference(absent),
      guess: (seen) => seen > 0.5,
      rounds: FEW_ROUNDS,
    });
    expectBelow('A1 one difference', played, advantageBound(2 * epsilon, 1e-6));
    const rho = present[0].aggregate.charge.rho + present[1].aggregate.charge.rho;
    expectNotOver('A1 one difference, by its loss', played, zcdpAdvantageBound(rho));
  });

  it('tells it where there is no noise: the game can be won', async () => {
    const [present, absent] = [await tracker(true, 1e40), await tracker(false, 1e40)];
    expect([difference(present), difference(absent)]).toEqual([1, 0]);
  });
});

describe('a series of differences', () => {
  it('ends with the budget, before its mean tells', async () => {
    const [present, absent] = [await tracker(true, epsilon), await tracker(false, epsilon)];
    const charge = present[0].aggregate.charge;
    const pairs = Math.floor(timesBorne(charge) / 2);
    expect(pairs).toBeGreaterThan(1);
    const mean = (world: readonly [World, World]) => (): number => {
      let sum = 0;
      for (let i = 0; i < pairs; i += 1) sum += difference(world);
      return sum / pairs;
    };
    const played = await play({
      with: mean(present),
      without: mean(absent),
      guess: (seen) => seen > 0.5,
      rounds: 4_000,
    });
    expectBelow(`A1 ${pairs} differences, the whole budget`, played, advantageBound(fresh.epsilon, fresh.delta));
    expectNotOver('A1 the whole budget, by its loss', played, zcdpAdvantageBound(2 * pairs * charge.rho));
  });

  it('leaves a mean of all counts the budget buys with most of a person of noise', async () => {
    const charge = chargeOf((await planOf(everybody, epsilon)).aggregates);
    const deviation = Math.sqrt(1 / (2 * charge.rho) / timesBorne(charge));
    expect(deviation).toBeGreaterThan(0.9);
  });
});
