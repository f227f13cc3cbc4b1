import { describe, expect, it } from 'vitest';
import { makeMemberLanes } from './member-lanes.ts';

describe('member lanes', () => {
  it('run no more of a member at once than it has places, and all in order', async () => {
    const lanes = makeMemberLanes(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const work = (index: number) => async () => {
      running += 1;
      most = Math.max(most, running);
      order.push(index);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    await Promise.all(Array.from({ length: 9 }, (_, index) => lanes.run('brand', work(index))));
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(lanes.count('brand')).toBe(0);
  });

  it('let a member run although another one has filled its own lane', async () => {
    const lanes = makeMemberLanes(1);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const slow = lanes.run('greedy', () => held);
    const alsoSlow = lanes.run('greedy', () => held);
    await expect(lanes.run('modest', async () => 'answered')).resolves.toBe('answered');
    expect(lanes.count('greedy')).toBe(2);
    release();
    await Promise.all([slow, alsoSlow]);
  });

  it('free the place of work that fails', async () => {
    const lanes = makeMemberLanes(1);
    await expect(lanes.run('brand', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(lanes.run('brand', async () => 'answered')).resolves.toBe('answered');
  });
});
