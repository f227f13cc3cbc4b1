import { describe, expect, it } from 'vitest';

import { StartTurns } from './start-turns.ts';

describe('starts of spares', () => {
  it('wait for one another, in the order in which they came, and each is called once', async () => {
    const turns = new StartTurns();
    const called: string[] = [];
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    turns.take(first.promise);
    const beginSecond = () => {
      called.push('second');
      turns.take(second.promise);
    };
    turns.whenFree(beginSecond);
    turns.whenFree(beginSecond);
    turns.whenFree(() => called.push('third'));
    expect(called).toEqual([]);
    first.resolve();
    await first.promise;
    expect([called, turns.isTaken]).toEqual([['second'], true]);
    second.resolve();
    await second.promise;
    expect([called, turns.isTaken]).toEqual([['second', 'third'], false]);
  });

  it('are over when they fail, and when every one that could not wait has ended', async () => {
    const turns = new StartTurns();
    const called: string[] = [];
    const failing = Promise.withResolvers<void>();
    const urgent = Promise.withResolvers<void>();
    turns.take(failing.promise);
    turns.take(urgent.promise);
    turns.whenFree(() => called.push('next'));
    failing.reject(new Error('a worker that did not start'));
    await failing.promise.catch(() => {});
    expect(called).toEqual([]);
    urgent.resolve();
    await urgent.promise;
    expect(called).toEqual(['next']);
  });
});
