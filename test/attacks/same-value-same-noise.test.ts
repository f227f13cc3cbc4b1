// A12, same value, same noise: noise that is drawn from a generator seeded by the value (or by the row, the hour, the
// process) gives equal cells equal noise, and lets who can start the generator again take it off.
//
// The wall: every cell draws its own bits from the system's generator. Equal cells differ as often as the law says, and
// a release made again in the same moment is another one.
import { describe, expect, it } from 'vitest';
import { protect, RawGroups } from '../../policies/index.ts';
import { expectNotOver, isLongCampaign, outcomeOf } from '../support/games.ts';
import { systemBits } from '../support/run-plan.ts';
import { events } from '../support/tables.ts';
import { planWorld, worldOf } from '../support/worlds.ts';

const GROUP_COUNT = isLongCampaign ? 50_000 : 5_000;

async function releaseOfEqualGroups(): Promise<readonly number[]> {
  const aggregate = await planWorld('select category, count(distinct email) from market.events group by category');
  const groups = Array.from({ length: GROUP_COUNT }, (_, i) => [`c${i}`, '5000', '5000']);
  const { rows } = protect(
    aggregate,
    RawGroups.read(
      aggregate,
      groups.map((g) => g.slice(0, 2)),
    ),
    systemBits,
  );
  return rows.map((row) => Number(row[1]));
}

/** How often two neighbours are equal, against how often two independent draws of the same law are. */
function expectIndependent(id: string, a: readonly number[], b: readonly number[]): void {
  const equal = a.filter((x, i) => x === b[i]).length;
  const counts = new Map<number, number>();
  for (const x of [...a, ...b]) counts.set(x, (counts.get(x) ?? 0) + 1);
  const collision = [...counts.values()].reduce((sum, c) => sum + (c / (a.length + b.length)) ** 2, 0);
  const { lower } = outcomeOf(equal, a.length);
  expectNotOver(id, { ...outcomeOf(equal, a.length), lower: (lower + 1) / 2 }, collision);
}

describe('cells of the same value', () => {
  it('get noise of their own, within one release', async () => {
    const cells = await releaseOfEqualGroups();
    expect(new Set(cells).size).toBeGreaterThan(20);
    expectIndependent('A12 neighbours', cells.slice(1), cells.slice(0, -1));
  });

  it('get noise of their own in each release of the same moment', async () => {
    const [one, other] = await Promise.all([releaseOfEqualGroups(), releaseOfEqualGroups()]);
    expectIndependent('A12 two releases', one, other);
  });

  it('get other noise than the same cells of another world: the victim cannot be subtracted', async () => {
    const persons = Array.from({ length: 2_000 }, (_, i) => [String(i), "'a'", null, '1']);
    const sql = 'select count(distinct email) from market.events';
    const present = await worldOf(sql, [[events, persons]]);
    const absent = await worldOf(sql, [[events, persons.slice(1)]]);
    const looks = Array.from({ length: 5_000 }, () => [Number(present.look()[0]?.[0]), Number(absent.look()[0]?.[0])]);
    // With reused noise every difference were exactly the victim.
    const differences = looks.map(([a = 0, b = 0]) => a - b);
    const ones = differences.filter((d) => d === 1).length;
    expect(ones / differences.length).toBeLessThan(0.2);
    expect(new Set(differences).size).toBeGreaterThan(20);
  });
});
