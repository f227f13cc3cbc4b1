// A23, the refresh as a channel: whoever defined an audience has it sent again after each row that changes, and looks at
// what the shop shows to itself or to a person it knows: who was B and is not any more is the target. "B minus target" needs
// no set operation where a refresh takes the target out.
//
// The wall: a change is sent only when it is as large as an audience may be at least, by a charged, noisy number of changed
// persons; what is held back stays behind the same state. That the state, the times, the receipt and the ledger are the
// same either way is held by test/end-to-end/audience-refresh.test.ts.
import { describe, expect, it } from 'vitest';
import { isChangeLargeEnough, planAudienceSize, smallestSizeEpsilon } from '../../policies/index.ts';
import { advantageBound, expectBelow, play } from '../support/games.ts';
import { assertAllowsAudience } from '../support/policy-assertions.ts';
import { systemBits } from '../support/run-plan.ts';

const DELTA = 1e-6;
/** How often a change of one person may be sent: one in a thousand, with room for chance. */
const TINY_RATIO = 0.006;
const ROUNDS = 4_000;
const SQL = 'select c.email from brand.campaign c where c.mens';

describe('a refresh', () => {
  it('that takes out the target alone is sent hardly ever, at the noise that a refresh is charged with', async () => {
    const audience = await assertAllowsAudience(SQL);
    const epsilon = Math.max(0.1, smallestSizeEpsilon(audience, DELTA));
    const size = planAudienceSize(audience, { epsilon, delta: DELTA });
    const sentAfter = (changedPersons: number): boolean =>
      isChangeLargeEnough(size, { changedPersons, smallest: audience.minSize }, systemBits);
    let sentCount = 0;
    for (let round = 0; round < ROUNDS; round += 1) if (sentAfter(1)) sentCount += 1;
    expect(sentCount / ROUNDS).toBeLessThan(TINY_RATIO);
    // It is no wall for changes that are as large as an audience: half of those at the line are sent.
    const atLine = Array.from({ length: 400 }, () => sentAfter(audience.minSize)).filter(Boolean).length;
    expect(atLine).toBeGreaterThan(120);
    expect(sentAfter(audience.minSize * 100)).toBe(true);
  });

  it.each([0.5, 2])(
    'does not tell whether the target is one more of a change that lies at the line, at epsilon %d',
    async (epsilon) => {
      const audience = await assertAllowsAudience(SQL);
      const { minSize } = audience;
      const size = planAudienceSize(audience, { epsilon, delta: DELTA });
      const isSent = (changedPersons: number) => (): boolean =>
        isChangeLargeEnough(size, { changedPersons, smallest: minSize }, systemBits);
      const game = {
        with: isSent(minSize),
        without: isSent(minSize - 1),
        guess: (sent: boolean) => sent,
        rounds: ROUNDS,
      };
      expectBelow(`A23 sent or held back, epsilon ${epsilon}`, await play(game), advantageBound(epsilon, DELTA));
    },
  );
});
