import { describe, expect, it } from 'vitest';
import { taggedTables } from '../../test/support/tagged-tables.ts';
import { readTags } from './read-tags.ts';

const good = {
  name: 'bought',
  meaning: 'a purchase in a category',
  sensitivity: 'ordinary',
  table: 'market.purchases',
  column: 'category',
  dateColumn: 'day',
  price: 0.1,
  values: ['tea', 'shoes'],
};
const read = (...tags: readonly unknown[]) => readTags(tags, { owner: 'market', tables: taggedTables });
const pathsOf = (...tags: readonly unknown[]): readonly string[] => {
  const found = read(...tags);
  return found.ok ? [] : found.faults.map(({ path }) => path);
};

describe('a catalogue of tags', () => {
  it('names its owner, whatever is left out', () => {
    const { dateColumn: _, price: __, values: ___, ...short } = good;
    expect(read(short)).toEqual({
      ok: true,
      tags: [{ ...short, owner: 'market', dateColumn: null, price: 0, values: [] }],
    });
  });

  it.each([
    [{ ...good, name: 'Bought!' }, '/0/name'],
    [{ ...good, meaning: ' ' }, '/0/meaning'],
    [{ ...good, sensitivity: 'secret' }, '/0/sensitivity'],
    [{ ...good, table: 'brand.customers', column: 'vip' }, '/0/table'],
    [{ ...good, column: 'email' }, '/0/column'],
    [{ ...good, column: 'colour' }, '/0/column'],
    [{ ...good, dateColumn: 'amount' }, '/0/dateColumn'],
    [{ ...good, price: -1 }, '/0/price'],
    [{ ...good, price: 6 }, '/0/price'],
    [{ ...good, values: [1] }, '/0/values'],
    [{ ...good, owner: 'brand' }, '/0/owner'],
  ])('%j is refused at %s', (tag, path) => {
    expect(pathsOf(tag)).toEqual([path]);
  });

  it('has each name once', () => {
    expect(pathsOf(good, good)).toEqual(['/1/name']);
    expect(read()).toEqual({ ok: true, tags: [] });
    expect(readTags('tags', { owner: 'market', tables: [] })).toMatchObject({ ok: false });
  });
});
