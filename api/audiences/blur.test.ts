import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckedAudience } from '../../policies/index.ts';
import { assertAllowsAudience } from '../../test/support/policy-assertions.ts';
import { type Blurred, coinsOf } from './blur.ts';

let checked: CheckedAudience;
beforeAll(async () => {
  checked = await assertAllowsAudience('select email from market.outcomes where visit = 1');
});

const rows = (contentId: string) => ({ contentId });
const coins = (fields: Partial<Blurred> = {}): string =>
  coinsOf({
    audience: { collaboration_id: 'col-1', plan_digest: 'plan' },
    destination: { destination: 'shop-front', owner: 'market' },
    epsilon: 1,
    snapshots: new Map([
      ['dat-1', rows('a')],
      ['dat-2', rows('b')],
    ]),
    checked,
    ...fields,
  });

describe('the coins of a blurred publication', () => {
  it('are the same for the same rows, in whichever order they are read', () => {
    const turned = new Map([
      ['dat-2', rows('b')],
      ['dat-1', rows('a')],
    ]);
    expect(coins({ snapshots: turned })).toBe(coins());
  });

  it('are others where whoever knows both throws would know the answer', async () => {
    const changed = new Map([
      ['dat-1', rows('a')],
      ['dat-2', rows('c')],
    ]);
    const others = [
      coins({ epsilon: 3 }),
      coins({ snapshots: changed }),
      coins({ destination: { destination: 'feed', owner: 'market' } }),
      coins({ audience: { collaboration_id: 'col-2', plan_digest: 'plan' } }),
      coins({ audience: { collaboration_id: 'col-1', plan_digest: 'other' } }),
      coins({ checked: await assertAllowsAudience('select email from market.outcomes where visit = 0') }),
    ];
    expect(new Set([coins(), ...others]).size).toBe(others.length + 1);
  });
});
