import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anyOf, openStore, type Store, writtenOnce } from './index.ts';

let store: Store;
let timesWritten = 0;

beforeEach(async () => {
  store = await openStore(await mkdtemp(join(tmpdir(), 'galley-written-')));
});
afterEach(() => store.close());

interface Failures {
  readonly member: string;
  readonly day: string;
  readonly count: number;
}

const keep = writtenOnce((db, { member, day, count }: Failures) =>
  db.insertInto('failures_per_day').values({ member, day, failure_count: count }),
);
const find = writtenOnce((db, of: { readonly members: readonly string[]; readonly day: string }) => {
  timesWritten += 1;
  const rows = db.selectFrom('failures_per_day').select(['member', 'failure_count']).where('day', '=', of.day);
  return rows.where('member', 'in', anyOf(of.members)).orderBy('member');
});

describe('a statement that is written once', () => {
  it('is asked with the values of each call, lists of any length among them', async () => {
    await keep(store.db, { member: 'acme', day: 'monday', count: 1 });
    await keep(store.db, { member: 'bolt', day: 'monday', count: 2 });
    await keep(store.db, { member: 'acme', day: 'tuesday', count: 3 });
    const found = async (members: string[], day: string) =>
      (await find(store.db, { members, day })).map((row) => [row.member, row.failure_count]);
    expect(await found(['bolt', 'acme', 'nobody', 'acme'], 'monday')).toEqual([
      ['acme', 1],
      ['bolt', 2],
    ]);
    expect(await found(['acme'], 'tuesday')).toEqual([['acme', 3]]);
    expect(await found([], 'monday')).toEqual([]);
    expect(timesWritten).toBe(1);
  });

  it('takes a value for a value, whatever it says', async () => {
    const odd = `a'); delete from failures_per_day; --"],["`;
    await keep(store.db, { member: odd, day: 'monday', count: 4 });
    expect(await find(store.db, { members: [odd], day: 'monday' })).toEqual([{ member: odd, failure_count: 4 }]);
  });

  it('is part of the transaction that it is asked in', async () => {
    const undone = store.transaction(async (db) => {
      await keep(db, { member: 'acme', day: 'monday', count: 1 });
      expect(await find(db, { members: ['acme'], day: 'monday' })).toHaveLength(1);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await find(store.db, { members: ['acme'], day: 'monday' })).toEqual([]);
  });
});
