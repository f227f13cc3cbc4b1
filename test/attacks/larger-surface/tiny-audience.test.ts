// A22 by a cheap size: the released size alone decides whether an audience is large enough, and the caller chooses how
// exact it is. At the smallest epsilon its noise is many times the minimum, so that an audience of one person passes
// every third time and costs next to nothing.
//
// The wall: a size by which an audience is held against its minimum is exact enough for that minimum.
import { describe, expect, it } from 'vitest';
import { checkAudienceSize, checkSizeEpsilon, planAudienceSize, smallestSizeEpsilon } from '../../../policies/index.ts';
import { shareLimits } from '../../support/games.ts';
import { assertAllowsAudience } from '../../support/policy-assertions.ts';
import { firstNumber, lookAt } from '../../support/worlds.ts';

const shop = { destination: 'shop-front', owner: 'market', identifier: 'email' } as const;

const definition = 'select c.email from brand.campaign c where c.mens';
const DELTA = 1e-6;
const LOOK_COUNT = 2_000;
/** An owner who asks for a minimum of hundreds expects a single person to pass less often than this. */
const LARGEST_SHARE = 0.001;

describe('an audience of one person', () => {
  it.each([0.01, 0.02, 0.05])(
    'is not sized at an epsilon of %d, which is too little for the minimum',
    async (epsilon) => {
      const audience = await assertAllowsAudience(definition);
      expect(checkSizeEpsilon(audience, epsilon, DELTA).map((v) => v.rule)).toEqual(['epsilon-is-permitted']);
    },
  );

  it.each(['smallest', 0.1, 0.5] as const)(
    'passes the minimum less than once in a thousand times, at a size of the %s epsilon that is permitted',
    async (chosen) => {
      const audience = await assertAllowsAudience(definition);
      const epsilon = chosen === 'smallest' ? smallestSizeEpsilon(audience, DELTA) : chosen;
      expect(checkSizeEpsilon(audience, epsilon, DELTA)).toEqual([]);
      const plan = planAudienceSize(audience, { epsilon, delta: DELTA });
      const passed = Array.from({ length: LOOK_COUNT }, () => firstNumber(lookAt(plan, [['1']]))).filter(
        (size) => checkAudienceSize(audience, BigInt(size), shop).length === 0,
      ).length;
      const [low] = shareLimits(passed, LOOK_COUNT);
      expect(low, `${passed} of ${LOOK_COUNT} audiences of one person passed`).toBeLessThanOrEqual(LARGEST_SHARE);
    },
  );
});
