import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decisions } from '../../proto/index.ts';
import { AudienceStore } from './audience-store.ts';
import { Decider } from './decider.ts';
import { EventHistory } from './event-history.ts';
import { EventStore } from './event-store.ts';
import { Membership } from './membership.ts';
import { parseStrategies } from './read-strategies.ts';
import { partsOfPublication } from './send-publication.ts';

const HOUR_MS = 3_600_000;
const tokenOf = (person: string): Buffer => createHash('sha256').update(person).digest().subarray(0, 16);
const ana = tokenOf('ana');

let directory: string;
let nowMs: number;
let audiences: AudienceStore;
let events: EventStore;
let membership: Membership;
let history: EventHistory;

beforeEach(() => {
  nowMs = Date.parse('2026-11-20T12:00:00Z');
  directory = mkdtempSync(join(tmpdir(), 'decider-'));
  audiences = new AudienceStore(directory, 'email', () => nowMs);
  events = new EventStore(directory, () => nowMs);
  membership = new Membership(directory);
  history = new EventHistory(directory);
  publish('cart', ['ana', 'bo']);
  publish('new', ['ana', 'cy']);
});

afterEach(() => {
  for (const store of [membership, history, audiences, events]) store.close();
  rmSync(directory, { recursive: true, force: true });
});

function publish(displayName: string, persons: readonly string[]): void {
  const head = { audienceId: `id-${displayName}`, version: 1n, begin: { displayName } };
  const batch = { added: Buffer.concat(persons.map(tokenOf)) };
  for (const part of partsOfPublication(head, [batch], 1)) audiences.take(part);
}

function deciderOf(...strategies: readonly object[]): Decider {
  const parts = {
    membership,
    history,
    assign: async (assignments: Parameters<EventStore['assign']>[0]) => events.assign(assignments),
    nowMs: () => nowMs,
  };
  return new Decider(scenesOf(strategies), parts);
}

function scenesOf(strategies: readonly object[]): ReturnType<typeof parseStrategies> {
  return parseStrategies({ scenes: { feed: { default: 'news' }, cart: { default: 'empty' } }, strategies });
}

let eventCount = 0;
function expose(token: Uint8Array, strategy: string): void {
  eventCount += 1;
  const kind = decisions.EventKind.EXPOSURE;
  events.record([decisions.Event.create({ eventId: `${eventCount}`, token, kind, strategy, scene: 'feed' })]);
}

const forCart = {
  name: 'win-back',
  audience: 'cart',
  scenes: ['feed'],
  arms: [{ name: 'A', content: 'discount' }],
};
const forNew = { name: 'welcome', audience: 'id-new', scenes: ['feed'], arms: [{ name: 'A', content: 'welcome' }] };

describe('a decision', () => {
  it('is that of the first strategy that fits, by priority; an audience goes by its name or its id', () => {
    const decider = deciderOf(forCart, { ...forNew, priority: 1 });
    expect(decider.decide(ana, 'feed')).toEqual({
      content: 'welcome',
      strategy: 'welcome',
      audience: 'id-new',
      arm: 'A',
      heldOut: false,
    });
    expect(decider.decide(tokenOf('bo'), 'feed')?.content).toBe('discount');
    expect(decider.decide(tokenOf('cy'), 'feed')?.content).toBe('welcome');
    expect(decider.decide(tokenOf('di'), 'feed')).toMatchObject({ content: 'news', strategy: '' });
    expect(decider.decide(ana, 'cart')?.content).toBe('empty');
    expect(decider.decide(ana, 'cellar')).toBeUndefined();
  });

  it('passes over a strategy whose time has not come', () => {
    const decider = deciderOf({ ...forCart, from: '2026-11-21T00:00:00Z' });
    expect(decider.decide(ana, 'feed')?.content).toBe('news');
    nowMs = Date.parse('2026-11-21T00:00:00Z');
    expect(decider.decide(ana, 'feed')?.content).toBe('discount');
  });

  it('goes on to the next strategy when somebody has seen enough of one, until the period is over', () => {
    const decider = deciderOf({ ...forCart, cap: { exposures: 2, hours: 24 }, priority: 1 }, forNew);
    expose(ana, 'win-back');
    expect(decider.decide(ana, 'feed')?.content).toBe('discount');
    nowMs += HOUR_MS;
    expose(ana, 'win-back');
    expose(tokenOf('bo'), 'win-back');
    expect(decider.decide(ana, 'feed')?.content).toBe('welcome');
    expect(decider.decide(tokenOf('bo'), 'feed')?.content).toBe('discount');
    nowMs += 23 * HOUR_MS + 1;
    expect(decider.decide(ana, 'feed')?.content).toBe('discount');
  });

  it('shows the hold-out the default of each scene, and says so', () => {
    const both = { ...forCart, scenes: ['feed', 'cart'], holdOut: 1, arms: [{ name: 'A', content: 'discount' }] };
    const decider = deciderOf(both, forNew);
    expect(decider.decide(ana, 'feed')).toMatchObject({ content: 'news', arm: 'hold-out', heldOut: true });
    expect(decider.decide(ana, 'cart')).toMatchObject({ content: 'empty', strategy: 'win-back', heldOut: true });
  });

  it('keeps somebody in the arm they had first, when weights change and while the arm exists', async () => {
    const arms = (a: number, b: number) => [
      { name: 'A', weight: a, content: 'discount' },
      { name: 'B', weight: b, content: 'advice' },
    ];
    const decider = deciderOf({ ...forCart, arms: arms(1, 0) });
    expect(decider.decide(ana, 'feed')?.arm).toBe('A');
    await decider.flush();
    decider.replace(scenesOf([{ ...forCart, arms: arms(0, 1) }]));
    expect(decider.decide(ana, 'feed')?.arm).toBe('A');
    expect(decider.decide(tokenOf('bo'), 'feed')?.arm).toBe('B');
    decider.replace(scenesOf([{ ...forCart, arms: arms(0, 1).slice(1) }]));
    expect(decider.decide(ana, 'feed')?.arm).toBe('B');
  });
});
