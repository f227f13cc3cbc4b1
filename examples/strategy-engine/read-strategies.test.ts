import { describe, expect, it } from 'vitest';
import { parseStrategies } from './read-strategies.ts';
import { isOn, type Strategy } from './strategy.ts';

const scenes = { feed: { default: 'news' }, cart: { default: '' } };
const arm = { name: 'A', content: 'discount' };
const plain = { name: 'win-back', audience: 'cart-leavers', scenes: ['feed'], arms: [arm] };
const parse = (...strategies: readonly object[]) => parseStrategies({ scenes, strategies });
const only = (strategy: object): Strategy => parse({ ...plain, ...strategy }).get('feed')?.strategies[0] as Strategy;

describe('the strategy file', () => {
  it('orders the strategies of a scene by priority, equals as they stand', () => {
    const named = (name: string, priority: number, where = ['feed']) => ({ ...plain, name, priority, scenes: where });
    const parsed = parse(named('low', -1), named('first', 0), named('second', 0), named('high', 9, ['feed', 'cart']));
    const names = (scene: string) => parsed.get(scene)?.strategies.map(({ name }) => name);
    expect(names('feed')).toEqual(['high', 'first', 'second', 'low']);
    expect(names('cart')).toEqual(['high']);
  });

  it('has a short form: an audience and what it sees in one scene', () => {
    const feed = { default: 'news', audiences: [{ audience: 'cart-leavers', content: 'come back' }] };
    const [strategy] = parseStrategies({ scenes: { feed } }).get('feed')?.strategies ?? [];
    expect(strategy).toMatchObject({ name: 'feed/cart-leavers', holdOut: 0, arms: [{ name: 'shown' }] });
  });

  it.each<[string, object, string]>([
    ['a misspelt word', { holdout: 0.1 }, 'strategy 0 has an unknown word `holdout`'],
    ['a scene that is none', { scenes: ['cellar'] }, 'names the scene `cellar`, which `scenes` does not have'],
    ['no arm', { arms: [] }, 'strategy `win-back` needs a scene and an arm at least'],
    ['arms of one name', { arms: [arm, arm] }, 'two arms of strategy `win-back` have one name'],
    ['arms without weight', { arms: [{ ...arm, weight: 0 }] }, 'needs a weight over 0'],
    ['an arm named as the hold-out', { arms: [{ ...arm, name: 'hold-out' }] }, 'say `holdOut` of the strategy instead'],
    ['a hold-out in percent', { holdOut: 10 }, '`holdOut` of strategy `win-back` is not a number from 0 to 1'],
    [
      'content for half its scenes',
      { scenes: ['feed', 'cart'], arms: [{ name: 'A', content: { feed: 'x' } }] },
      'in scene `cart` is not text',
    ],
    ['a moment without a zone', { from: '2026-11-20T00:00:00' }, 'write it as `2026-11-20T00:00:00Z`'],
    [
      'an end before its beginning',
      { from: '2026-11-20T00:00:00Z', until: '2026-11-19T00:00:00Z' },
      'ends before it begins',
    ],
    ['a day that is none', { hours: { days: ['Monday'] } }, '`Monday` in `hours` of strategy `win-back` is no day'],
    ['an hour that is none', { hours: { from: '25:00' } }, 'is no time of day; write it as `08:30`'],
    [
      'a time zone that is none',
      { hours: { timeZone: 'Berlin' } },
      '`Berlin` in `hours` of strategy `win-back` is no time zone',
    ],
    [
      'a cap of nothing',
      { cap: { exposures: 0, hours: 1 } },
      '`exposures` in `cap` of strategy `win-back` is not a number',
    ],
  ])('with %s is refused by its place', (_name, wrong, message) => {
    expect(() => parse({ ...plain, ...wrong })).toThrow(message);
  });

  it('with two strategies of one name is refused', () => {
    expect(() => parse(plain, plain)).toThrow('two strategies have the name `win-back`');
  });
});

describe('a schedule', () => {
  const at = (moment: string): number => Date.parse(moment);

  it('begins with its first moment and ends before its last', () => {
    const strategy = only({ from: '2026-11-20T00:00:00Z', until: '2026-11-21T00:00:00+01:00' });
    expect(
      ['2026-11-19T23:59:59Z', '2026-11-20T00:00:00Z', '2026-11-20T22:59:59Z', '2026-11-20T23:00:00Z'].map((moment) =>
        isOn(strategy, at(moment)),
      ),
    ).toEqual([false, true, true, false]);
  });

  it('goes by the clock on the wall of its zone, over midnight too, and when summer time begins', () => {
    const evening = only({ hours: { from: '22:00', until: '02:00', timeZone: 'Europe/Berlin' } });
    // 22:30 in Berlin is 21:30 UTC in winter and 20:30 UTC in summer.
    expect(isOn(evening, at('2026-03-28T21:30:00Z'))).toBe(true);
    expect(isOn(evening, at('2026-03-28T20:30:00Z'))).toBe(false);
    expect(isOn(evening, at('2026-03-29T20:30:00Z'))).toBe(true);
    expect(isOn(evening, at('2026-03-29T00:30:00Z'))).toBe(true);
    expect(isOn(evening, at('2026-03-29T01:30:00Z'))).toBe(false);
  });

  it('keeps to its days', () => {
    const weekdays = only({ hours: { days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'], timeZone: 'Asia/Shanghai' } });
    expect(isOn(weekdays, at('2026-11-20T15:00:00Z'))).toBe(true);
    // It is Saturday in Shanghai already.
    expect(isOn(weekdays, at('2026-11-20T17:00:00Z'))).toBe(false);
  });
});
