// A1 and A4 at their barest, membership inference: the adversary knows everybody in the data but one person, knows what
// the count would be with and without that person, and guesses from the released count which of the two worlds it sees.
//
// The wall: against epsilon and delta no adversary, whatever it computes, gains more than
// (e^epsilon - 1 + 2 delta) / (e^epsilon + 1); the best test here is a threshold half way.
import { describe, expect, it } from 'vitest';
import { advantageBound, expectBelow, expectNotOver, FEW_ROUNDS, play, zcdpAdvantageBound } from '../support/games.ts';
import { outcomes } from '../support/tables.ts';
import { crowd, firstNumber, worldOf } from '../support/worlds.ts';

const others = crowd(999);
/** The one who changes an answer most: the largest value that counts. */
const victim = ['4711', '1', '500', "'94103'", null];

async function game(id: string, sql: string, epsilon: number): Promise<void> {
  const present = await worldOf(sql, [[outcomes, [...others, victim]]], { epsilon });
  const absent = await worldOf(sql, [[outcomes, others]], { epsilon });
  const scale = sql.includes('spend') ? 100 : 1;
  const half = (Number(present.exact[0]?.at(-1)) + Number(absent.exact[0]?.at(-1))) / 2 / scale;
  const played = await play({
    with: () => firstNumber(present.look()),
    without: () => firstNumber(absent.look()),
    guess: (seen) => seen > half,
    rounds: FEW_ROUNDS,
  });
  expectBelow(id, played, advantageBound(epsilon, 1e-6));
  expectNotOver(`${id}, by its loss`, played, zcdpAdvantageBound(present.aggregate.charge.rho));
}

describe('an adversary who knows everybody but one person', () => {
  it.each([0.5, 1, 2])('does not tell from a count of persons whether it is there, at epsilon %d', async (epsilon) => {
    await game(`A1 count of persons, epsilon ${epsilon}`, 'select count(distinct email) from market.outcomes', epsilon);
  });

  it.each([
    'select count(*) from market.outcomes',
    'select sum(spend) from market.outcomes',
    'select sum(clamp(spend, -50, 500)) from market.outcomes',
    'select sum(spend), count(*), avg(spend) from market.outcomes',
  ])('does not tell it from other statistics, though it has the largest value that counts: %s', async (sql) => {
    await game(`A1 ${sql}`, sql, 1);
  });

  it('would tell if there were no noise: the game can be won', async () => {
    const sql = 'select count(distinct email) from market.outcomes';
    const present = await worldOf(sql, [[outcomes, [...others, victim]]], { epsilon: 1e40 });
    const absent = await worldOf(sql, [[outcomes, others]], { epsilon: 1e40 });
    const guess = (seen: number): boolean => seen > 999.5;
    const played = await play({
      with: () => firstNumber(present.look()),
      without: () => firstNumber(absent.look()),
      guess,
      rounds: 1_000,
    });
    expect(played.advantage).toBe(1);
  });
});
