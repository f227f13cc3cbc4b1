// A13, the lowest bits of floating-point noise: a draw in floating point reaches only some of the numbers near a value,
// and which ones depends on the value. One look at the last bits then tells the world (Mironov, "On significance of the
// least significant bits for differential privacy", 2012; Haney and others, "Precision-based attacks", 2022).
//
// The wall: counts and sums are whole numbers from the first bit to the last; what is released is one of them, divided
// by a power of ten. Both worlds reach the same numbers, all of the lattice and nothing beside it.
import { describe, expect, it } from 'vitest';
import { expectBelow, expectSame, isLongCampaign, play } from '../support/games.ts';
import { outcomes } from '../support/tables.ts';
import { wide, wideRow } from '../support/wide-table.ts';
import { crowd, firstNumber, type World, worldOf } from '../support/worlds.ts';

const LOOK_COUNT = isLongCampaign ? 50_000 : 2_000;
const victim = ['4711', '1', '0.01', "'94103'", null];

const looks = (world: World, column = 0): readonly number[] =>
  Array.from({ length: LOOK_COUNT }, () => firstNumber(world.look(), column));

/** Whether a number is the one closest to a whole number of units: then it has no bits of its own. */
const isOnLattice = (value: number, scale: number): boolean => Math.round(value * 10 ** scale) / 10 ** scale === value;

describe('a released sum', () => {
  it.each([
    ['sum(spend)', 2],
    ['sum(clamp(spend / 3, 0, 100))', 6],
    ['sum(visit)', 0],
  ])('%s is a whole number of units, in a world with the target and in one without', async (call, scale) => {
    const sql = `select ${call} from market.outcomes`;
    const present = await worldOf(sql, [[outcomes, [...crowd(999), victim]]]);
    const absent = await worldOf(sql, [[outcomes, crowd(999)]]);
    for (const world of [present, absent]) {
      for (const column of [0, 1, 2]) {
        expect(looks(world, column).every((value) => isOnLattice(value, scale))).toBe(true);
      }
    }
  });

  it('reaches the same numbers in both worlds, odd and even ones alike', async () => {
    const sql = 'select count(distinct email) from market.outcomes';
    const present = await worldOf(sql, [[outcomes, [...crowd(999), victim]]]);
    const absent = await worldOf(sql, [[outcomes, crowd(999)]]);
    const sets = [new Set(looks(present)), new Set(looks(absent))] as const;
    const near = Array.from({ length: 7 }, (_, i) => 996 + i);
    expectSame(
      'A13 support',
      near.filter((x) => sets[0].has(x)),
      near.filter((x) => sets[1].has(x)),
    );
    expect(near.every((x) => sets[0].has(x))).toBe(true);
  });

  it('tells nothing by its last bits to who reads nothing else', async () => {
    const sql = 'select sum(spend) from market.outcomes';
    const present = await worldOf(sql, [[outcomes, [...crowd(999), victim]]]);
    const absent = await worldOf(sql, [[outcomes, crowd(999)]]);
    const lastBits = (value: number): number => {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, value);
      return view.getUint8(7);
    };
    const seenWith = new Set(looks(present).map(lastBits));
    const seenWithout = new Set(looks(absent).map(lastBits));
    const guess = (seen: number): boolean => seenWith.has(seen) && !seenWithout.has(seen);
    const played = await play({
      with: () => lastBits(firstNumber(present.look())),
      without: () => lastBits(firstNumber(absent.look())),
      guess,
    });
    expectBelow('A13 last bits', played, Math.tanh(0.5));
    expect([...seenWith].filter((bits) => !seenWithout.has(bits)).length).toBeLessThan(seenWith.size / 4);
  });

  it('is made from whole numbers even over a column of floating-point values', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => wideRow(String(i), { x: '0.1', n: '1' }));
    const sql = 'select sum(clamp(x, 0, 1)) from market.wide';
    const { exact, look } = await worldOf(sql, [[wide, rows]], { tables: [wide] });
    expect(exact[0]?.at(-1)).toBe('30000000');
    expect(Number.isInteger(firstNumber(look()) * 1e6) || isOnLattice(firstNumber(look()), 6)).toBe(true);
  });
});
