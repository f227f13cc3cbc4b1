import { describe, expect, it } from 'vitest';
import { type Wall, WallError } from '../../sandbox/index.ts';
import { KeptTrees, keepingTrees } from './kept-trees.ts';

const MINUTE_MS = 60_000;

/** A reader whose trees say how often it was asked, on a clock that is moved by hand. */
function readerOf() {
  let asked = 0;
  const clock = { nowMs: 0 };
  const parse: Wall['parse'] = async (sql) => {
    asked += 1;
    if (sql === 'late') throw new WallError('WALL_BUSY');
    return sql === 'wrong' ? { ok: false, reason: 'syntax' } : { ok: true, tree: `${sql} ${asked}` };
  };
  const kept = keepingTrees({ parse }, new KeptTrees(() => clock.nowMs));
  const treeOf = async (lane: string | undefined, sql: string) => {
    const parsed = await kept.parse(sql, { deadlineMs: 1_000, ...(lane === undefined ? {} : { lane }) });
    return parsed.ok ? parsed.tree : parsed.reason;
  };
  return { treeOf, clock, askedCount: () => asked };
}

describe('the tree of a text', () => {
  it('is had from a worker once, for each member and each text, letter by letter', async () => {
    const { treeOf } = readerOf();
    expect(await treeOf('chenxi', 'select 1')).toBe('select 1 1');
    expect(await treeOf('chenxi', 'select 1')).toBe('select 1 1');
    expect(await treeOf('chenxi', 'select 1 ')).toBe('select 1  2');
    expect(await treeOf('chenxi', 'SELECT 1')).toBe('SELECT 1 3');
  });

  it('is not had faster because another member has asked', async () => {
    const { treeOf } = readerOf();
    await treeOf('chenxi', 'select 1');
    expect(await treeOf('jiufang', 'select 1')).toBe('select 1 2');
    expect(await treeOf(undefined, 'select 1')).toBe('select 1 3');
    expect(await treeOf(undefined, 'select 1')).toBe('select 1 4');
  });

  it('is kept whatever others ask, and goes with the newer ones of its own member', async () => {
    const { treeOf } = readerOf();
    await treeOf('chenxi', 'select 1');
    for (let text = 0; text < 100; text += 1) await treeOf('jiufang', `select ${text}`);
    expect(await treeOf('chenxi', 'select 1')).toBe('select 1 1');
    for (let text = 0; text < 16; text += 1) await treeOf('chenxi', `select ${text}, 2`);
    expect(await treeOf('chenxi', 'select 1')).not.toBe('select 1 1');
  });

  it('is not kept for long, since a literal may name a person', async () => {
    const { treeOf, clock } = readerOf();
    await treeOf('chenxi', 'select 1');
    clock.nowMs = 9 * MINUTE_MS;
    expect(await treeOf('chenxi', 'select 1')).toBe('select 1 1');
    clock.nowMs = 10 * MINUTE_MS;
    expect(await treeOf('chenxi', 'select 1')).toBe('select 1 2');
  });

  it('is asked for anew where there was none: neither a refusal nor a busy wall is kept', async () => {
    const { treeOf, askedCount } = readerOf();
    expect(await treeOf('chenxi', 'wrong')).toBe('syntax');
    expect(await treeOf('chenxi', 'wrong')).toBe('syntax');
    await expect(treeOf('chenxi', 'late')).rejects.toThrow();
    await expect(treeOf('chenxi', 'late')).rejects.toThrow();
    expect(askedCount()).toBe(4);
  });
});
