import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { strategy } from '../../proto/index.ts';
import { AudienceStore } from './audience-store.ts';
import { Membership } from './membership.ts';
import { tidyStep } from './tidy-store.ts';

const { KEPT, DONE, SUPERSEDED, NEEDS_FULL, START_AGAIN } = strategy.DeliveryOutcome;
const { FULL, DELTA } = strategy.PublicationKind;
const audienceId = 'aud-1';
const tokenOf = (person: number): Buffer => createHash('sha256').update(`${person}`).digest().subarray(0, 16);
const tokensOf = (persons: readonly number[]): Buffer => Buffer.concat(persons.map(tokenOf));

interface Batch {
  readonly added: readonly number[];
  readonly removed?: readonly number[];
}

interface Publication {
  readonly version: bigint;
  readonly batches: readonly Batch[];
  readonly baseVersion?: bigint;
  readonly expiresAtS?: bigint;
}

let directory: string;
let store: AudienceStore;
let membership: Membership;
let nowMs = 1_800_000_000_000;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'audience-store-'));
  open();
});

afterEach(() => {
  close();
  rmSync(directory, { recursive: true, force: true });
});

function open(): void {
  store = new AudienceStore(directory, 'email', () => nowMs);
  membership = new Membership(directory);
}

function close(): void {
  membership.close();
  store.close();
}

/** The parts of a publication in the order in which a sender makes them. */
function partsOf({ version, batches, baseVersion, expiresAtS = 0n }: Publication): strategy.Envelope[] {
  const digest = createHash('sha256');
  const sent = batches.map(({ added, removed = [] }, index) => {
    const batch = { index, added: tokensOf(added), removed: tokensOf(removed) };
    const place = Buffer.alloc(4);
    place.writeUInt32BE(index);
    digest.update(place).update(batch.added).update(batch.removed);
    return { audienceId, version, part: { $case: 'batch' as const, value: batch } };
  });
  const begin = strategy.PublicationBegin.create({
    displayName: 'cart',
    identifier: 'email',
    purpose: 'on-site',
    kind: baseVersion === undefined ? FULL : DELTA,
    baseVersion: baseVersion ?? 0n,
    batchCount: batches.length,
    expiresAtS,
  });
  const commit = { batchCount: batches.length, digest: digest.digest() };
  return [
    { audienceId, version, part: { $case: 'begin', value: begin } },
    ...sent,
    { audienceId, version, part: { $case: 'commit', value: commit } },
  ];
}

function takeAll(parts: readonly strategy.Envelope[]): strategy.DeliverResponse[] {
  return parts.map((part) => store.take(part));
}

const publish = (publication: Publication): strategy.DeliverResponse | undefined =>
  takeAll(partsOf(publication)).at(-1);
const withdraw = (version: bigint, reason = 'revoked'): strategy.DeliverResponse =>
  store.take({ audienceId, version, part: { $case: 'withdrawal', value: { reason } } });
const membersAmong = (persons: readonly number[]): number[] =>
  membership.atOneMoment(() => persons.filter((person) => membership.isMember('cart', tokenOf(person), nowMs)));

function tidyUp(): void {
  let hasMore = true;
  while (hasMore) hasMore = tidyStep(store.database, nowMs);
}

function storedTokens(): number {
  return Number(store.database.prepare('select count(*) as n from member').get()?.n);
}

describe('a publication', () => {
  it('shows nothing before its commit and all of it from then on', () => {
    const parts = partsOf({ version: 1n, batches: [{ added: [1, 2] }, { added: [3] }] });
    const answers = takeAll(parts.slice(0, -1));
    expect(answers.map(({ outcome, nextBatch }) => [outcome, nextBatch])).toEqual([
      [KEPT, 0],
      [KEPT, 1],
      [KEPT, 2],
    ]);
    expect(membersAmong([1, 2, 3, 4])).toEqual([]);
    const done = takeAll(parts.slice(-1))[0];
    expect(done?.outcome).toBe(DONE);
    expect(done?.receipt).toMatch(/^pub-/u);
    expect(membersAmong([1, 2, 3, 4])).toEqual([1, 2, 3]);
  });

  it('shows the same whatever the order and number of its parts, and answers one receipt', () => {
    const parts = partsOf({ version: 1n, batches: [{ added: [1, 2] }, { added: [3] }, { added: [4, 5] }] });
    const arrivals = fc
      .array(fc.nat(parts.length - 1), { maxLength: 12 })
      .chain((extra) => fc.shuffledSubarray([...parts.keys(), ...extra], { minLength: parts.length + extra.length }));
    fc.assert(
      fc.property(arrivals, fc.nat(20), (order, restartAt) => {
        store.database.exec('delete from audience; delete from layer; delete from staging; delete from member');
        store.database.exec('delete from batch');
        const answers = order.map((index, at) => {
          if (at === restartAt) {
            close();
            open();
          }
          return store.take(parts[index] as strategy.Envelope);
        });
        const receipts = answers.filter(({ outcome }) => outcome === DONE).map(({ receipt }) => receipt);
        expect(new Set(receipts).size).toBe(1);
        expect(answers.every(({ outcome }) => outcome === KEPT || outcome === DONE)).toBe(true);
        expect(membersAmong([1, 2, 3, 4, 5, 6])).toEqual([1, 2, 3, 4, 5]);
      }),
      { numRuns: 15 },
    );
  });

  it('goes on where it stopped: the answer names the lowest batch that is missing', () => {
    const [begin, first, second, third, commit] = partsOf({
      version: 1n,
      batches: [{ added: [1] }, { added: [2] }, { added: [3] }],
    }) as [strategy.Envelope, ...strategy.Envelope[]];
    takeAll([begin, first, third] as strategy.Envelope[]);
    close();
    open();
    expect(store.take(begin)).toMatchObject({ outcome: KEPT, nextBatch: 1 });
    expect(store.take(commit as strategy.Envelope)).toMatchObject({ outcome: KEPT, nextBatch: 1 });
    expect(store.take(second as strategy.Envelope)).toMatchObject({ outcome: DONE });
    expect(membersAmong([1, 2, 3])).toEqual([1, 2, 3]);
  });

  it('without members is one too', () => {
    publish({ version: 1n, batches: [{ added: [1] }] });
    expect(publish({ version: 2n, batches: [] })?.outcome).toBe(DONE);
    expect(membersAmong([1])).toEqual([]);
  });

  it('starts again when its batches are not those the commit speaks of, and leaves what stood before', () => {
    publish({ version: 1n, batches: [{ added: [1] }] });
    const parts = partsOf({ version: 2n, batches: [{ added: [2] }, { added: [3] }] });
    const other = partsOf({ version: 2n, batches: [{ added: [2] }, { added: [4] }] });
    const mixed = [...parts.slice(0, 2), ...other.slice(2, 3), ...parts.slice(3)];
    expect(takeAll(mixed).at(-1)).toMatchObject({ outcome: START_AGAIN, receipt: '' });
    expect(membersAmong([1, 2, 3, 4])).toEqual([1]);
    expect(takeAll(parts).at(-1)?.outcome).toBe(DONE);
    expect(membersAmong([1, 2, 3, 4])).toEqual([2, 3]);
  });

  it('replaces the one before, and an earlier one is superseded', () => {
    publish({ version: 2n, batches: [{ added: [1, 2] }] });
    publish({ version: 5n, batches: [{ added: [2, 3] }] });
    const late = takeAll(partsOf({ version: 4n, batches: [{ added: [9] }] }));
    expect(late.map(({ outcome }) => outcome)).toEqual([SUPERSEDED, SUPERSEDED, SUPERSEDED]);
    expect(membersAmong([1, 2, 3, 9])).toEqual([2, 3]);
    tidyUp();
    expect(storedTokens()).toBe(2);
    expect(membersAmong([1, 2, 3, 9])).toEqual([2, 3]);
  });
});

describe('a delta', () => {
  it('brings some in and takes others out', () => {
    publish({ version: 1n, batches: [{ added: [1, 2, 3] }] });
    const delta = {
      version: 2n,
      baseVersion: 1n,
      batches: [
        { added: [4], removed: [1] },
        { added: [], removed: [2] },
      ],
    };
    expect(publish(delta)?.outcome).toBe(DONE);
    expect(membersAmong([1, 2, 3, 4])).toEqual([3, 4]);
  });

  it('needs a full publication when its base is not in force, also when that comes under the same version', () => {
    publish({ version: 1n, batches: [{ added: [1] }] });
    const refused = takeAll(partsOf({ version: 3n, baseVersion: 2n, batches: [{ added: [2] }] }));
    expect(refused.map(({ outcome }) => outcome)).toEqual([NEEDS_FULL, NEEDS_FULL, NEEDS_FULL]);
    expect(membersAmong([1, 2])).toEqual([1]);
    expect(publish({ version: 3n, batches: [{ added: [1, 2] }] })?.outcome).toBe(DONE);
    expect(membersAmong([1, 2])).toEqual([1, 2]);
  });

  it('that comes late once more does not undo the full publication that follows it', () => {
    publish({ version: 1n, batches: [{ added: [1] }] });
    const delta = partsOf({ version: 3n, baseVersion: 2n, batches: [{ added: [2] }] });
    const full = partsOf({ version: 3n, batches: [{ added: [1] }, { added: [2] }] });
    takeAll(delta.slice(0, 1));
    takeAll(full.slice(0, 2));
    expect(takeAll(delta.slice(0, 1))[0]).toMatchObject({ outcome: KEPT, nextBatch: 1 });
    expect(takeAll(full.slice(2)).at(-1)?.outcome).toBe(DONE);
    expect(membersAmong([1, 2])).toEqual([1, 2]);
  });

  it('on a withdrawn or expired base needs a full publication', () => {
    publish({ version: 1n, batches: [{ added: [1] }], expiresAtS: BigInt(nowMs / 1000 + 60) });
    nowMs += 61_000;
    expect(publish({ version: 2n, baseVersion: 1n, batches: [{ added: [2] }] })?.outcome).toBe(NEEDS_FULL);
    withdraw(3n);
    expect(publish({ version: 4n, baseVersion: 3n, batches: [{ added: [2] }] })?.outcome).toBe(NEEDS_FULL);
    expect(membersAmong([1, 2])).toEqual([]);
  });

  it('tells the same members as a set does, however many follow each other, at every step of the tidying', () => {
    const change = fc.array(fc.record({ person: fc.nat(12), comes: fc.boolean() }), { maxLength: 8 });
    const everybody = Array.from({ length: 13 }, (_, person) => person);
    let version = 0n;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(3), (changes, stepsBetween) => {
        const members = new Set([0, 1, 2, 3]);
        version += 1n;
        publish({ version, batches: [{ added: [...members] }] });
        for (const some of changes) {
          const added = [...new Set(some.filter(({ comes }) => comes).map(({ person }) => person))];
          const leaves = some.filter(({ person }) => !added.includes(person)).map(({ person }) => person);
          const removed = [...new Set(leaves)];
          for (const person of removed) members.delete(person);
          for (const person of added) members.add(person);
          publish({ version: version + 1n, baseVersion: version, batches: [{ added, removed }] });
          version += 1n;
          for (let step = 0; step < stepsBetween; step += 1) tidyStep(store.database, nowMs);
          expect(membersAmong(everybody)).toEqual([...members].sort((a, b) => a - b));
        }
        tidyUp();
        expect(membersAmong(everybody)).toEqual([...members].sort((a, b) => a - b));
        expect(storedTokens()).toBe(members.size);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a withdrawal', () => {
  it('ends an audience, repeated answers its first receipt, and leaves no member on the disk', () => {
    publish({ version: 1n, batches: [{ added: [1, 2] }] });
    const first = withdraw(2n);
    expect(first).toMatchObject({ outcome: DONE });
    expect(membersAmong([1, 2])).toEqual([]);
    expect(withdraw(2n)).toEqual(first);
    tidyUp();
    expect(storedTokens()).toBe(0);
  });

  it('keeps out a publication that was on its way', () => {
    const parts = partsOf({ version: 1n, batches: [{ added: [1] }] });
    takeAll(parts.slice(0, 2));
    withdraw(2n);
    expect(store.take(parts[2] as strategy.Envelope).outcome).toBe(SUPERSEDED);
    expect(membersAmong([1])).toEqual([]);
  });

  it('is refused under the version of a publication', () => {
    publish({ version: 1n, batches: [{ added: [1] }] });
    expect(() => withdraw(1n)).toThrow('version 1 of audience `aud-1` is a publication');
    expect(membersAmong([1])).toEqual([1]);
  });
});

describe('the end of an audience', () => {
  it('comes by the clock, without a word from anybody, and its members are forgotten', () => {
    publish({ version: 1n, batches: [{ added: [1] }], expiresAtS: BigInt(nowMs / 1000 + 60) });
    nowMs += 59_000;
    expect(membersAmong([1])).toEqual([1]);
    nowMs += 1_000;
    expect(membersAmong([1])).toEqual([]);
    tidyUp();
    expect(storedTokens()).toBe(0);
  });
});

describe('a part that no sender makes', () => {
  const begin = { displayName: 'cart', identifier: 'email', kind: FULL, batchCount: 1 };
  const empty = Buffer.alloc(0);
  it.each<[string, strategy.Envelope['part'], string]>([
    ['is empty', undefined, 'the envelope must hold a part'],
    [
      'names another identifier',
      { $case: 'begin', value: strategy.PublicationBegin.create({ ...begin, identifier: 'phone' }) },
      'tokens of `email` are expected',
    ],
    [
      'is of no kind',
      { $case: 'begin', value: strategy.PublicationBegin.create({ ...begin, kind: 0 }) },
      '`kind` must be full or delta',
    ],
    [
      'cuts a token',
      { $case: 'batch', value: { index: 0, added: Buffer.alloc(17), removed: empty } },
      'a membership token has 16 bytes',
    ],
    [
      'is too large',
      { $case: 'batch', value: { index: 0, added: Buffer.alloc(1_048_592), removed: empty } },
      'a batch must have 1048576 bytes',
    ],
    [
      'has half a digest',
      { $case: 'commit', value: { batchCount: 1, digest: Buffer.alloc(16) } },
      'must have 32 bytes',
    ],
  ])('%s is refused and leaves nothing', (_name, part, message) => {
    expect(() => store.take({ audienceId, version: 1n, part })).toThrow(message);
    expect(store.database.prepare('select 1 from staging').get()).toBeUndefined();
  });
});
