// Membership inference. The adversary knows everybody in the data but one person, knows what the count would be with
// and without that person, and guesses from the released count which of the two worlds it sees. Against epsilon 1 no
// adversary, whatever it computes, is right more often than e / (1 + e); the best test here is a threshold half way.
import { describe, expect, it } from 'vitest';
import { accuracyOf, bestAccuracy, releasedValue, SLACK_RATIO } from '../support/games.ts';
import { planOf } from '../support/run-plan.ts';

async function game(
  sql: string,
  epsilon: number,
  present: readonly string[],
  absent: readonly string[],
): Promise<number> {
  const [aggregate] = (await planOf(sql, epsilon)).aggregates;
  if (aggregate === undefined) return expect.fail('no aggregation');
  const measured = Number(present.at(-1)) + Number(absent.at(-1));
  const unit = sql.includes('spend') ? 100 : 1;
  return accuracyOf({
    with: () => releasedValue(aggregate, present) ?? 0,
    without: () => releasedValue(aggregate, absent) ?? 0,
    guess: (seen) => seen > measured / 2 / unit,
  });
}

describe('an adversary who knows everybody but one person', () => {
  it.each([0.5, 1, 2])('does not tell from a count of persons whether it is there, at epsilon %d', async (epsilon) => {
    const sql = 'select count(distinct email) from market.outcomes';
    const accuracy = await game(sql, epsilon, ['1000'], ['999']);
    expect(accuracy).toBeLessThanOrEqual(bestAccuracy(epsilon) + SLACK_RATIO);
  });

  it('does not tell from a sum, though it has the largest value that counts', async () => {
    const accuracy = await game('select sum(spend) from market.outcomes', 1, ['1000', '550000'], ['999', '500000']);
    expect(accuracy).toBeLessThanOrEqual(bestAccuracy(1) + SLACK_RATIO);
  });

  it('would tell if there were no noise: the game can be won', async () => {
    const accuracy = await game('select count(distinct email) from market.outcomes', 1e40, ['1000'], ['999']);
    expect(accuracy).toBe(1);
  });
});
