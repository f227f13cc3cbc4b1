import { describe, expect, it } from 'vitest';
import { printAsked, readReply } from './peer-protocol.ts';
import { PEER_BOUNDS, PEER_QUESTIONS, peerQuestion, peerViews } from './peer-questions.ts';
import { PEERS, QUICK_PEERS, UNMEASURED_PEERS } from './peers.ts';

const tables = { rows: 10, events: 'events.parquet', members: 'members.parquet' };

describe('the protocol of the peers', () => {
  it('gives each side the same question, bounds and tables', () => {
    const asked = JSON.parse(printAsked(peerQuestion('reach'), tables, { reader: 'sqlite' }));
    expect(asked).toEqual({ question: 'reach', ...tables, ...PEER_BOUNDS, reader: 'sqlite' });
  });

  it('lets no choice of a peer stand in for a bound', () => {
    const asked = JSON.parse(printAsked(peerQuestion('reach'), tables, { epsilon: '100', maxGroups: '1' }));
    expect(asked).toMatchObject({ epsilon: PEER_BOUNDS.epsilon, maxGroups: PEER_BOUNDS.maxGroups });
  });

  it('tells a load, a reason and an answer apart', () => {
    expect(readReply('{"version":"1","loadSeconds":2.5}')).toEqual({ kind: 'loaded', version: '1', loadSeconds: 2.5 });
    expect(readReply('{"version":"1","why":"it has no quantiles"}')).toEqual({
      kind: 'refused',
      version: '1',
      why: 'it has no quantiles',
    });
    const answer = '{"seconds":1,"peakMemoryMib":10,"groups":[{"key":["a","b"],"persons":3,"sum":null}]}';
    expect(readReply(answer)).toEqual({
      kind: 'answered',
      seconds: 1,
      peakMemoryMib: 10,
      groups: [{ key: ['a', 'b'], persons: 3, sum: null }],
      path: null,
    });
  });

  it.each([
    'null',
    '{}',
    '{"version":"1"}',
    '{"version":"1","loadSeconds":-1}',
    '{"seconds":1,"peakMemoryMib":"10","groups":[]}',
    '{"seconds":1,"peakMemoryMib":10,"groups":[{"persons":3}]}',
    '{"seconds":1,"peakMemoryMib":10,"groups":[{"key":[1],"persons":3}]}',
    '{"seconds":1,"peakMemoryMib":10,"groups":[{"key":["a"],"persons":"3"}]}',
  ])('takes %s for no reply', (line) => {
    expect(() => readReply(line)).toThrow('a peer');
  });
});

describe('the peers', () => {
  it('are named once each, and those of the quick form are among them', () => {
    const names = [...PEERS, ...UNMEASURED_PEERS].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(PEERS.map(({ name }) => name)).toEqual(expect.arrayContaining([...QUICK_PEERS]));
  });

  it('are asked under the bounds that our rules declare', () => {
    for (const question of PEER_QUESTIONS) {
      const [events] = peerViews(question);
      expect(events?.rules).toMatchObject({
        maxGroupsPerPerson: PEER_BOUNDS.maxGroups,
        minGroupSize: PEER_BOUNDS.minGroupSize,
        rowsPerPerson: question.rowsPerPerson,
        measures: {
          amount: { max: PEER_BOUNDS.amountMax, perPerson: { min: PEER_BOUNDS.amountMin, max: PEER_BOUNDS.amountMax } },
        },
      });
    }
  });
});
