// Who is in an audience is selected from layouts without telling anybody, which is sound only because the very same persons
// are selected from the tables as they were handed in. So the two are held against each other, over data and audiences at
// random.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Coverage, outputsOf } from '../../test/proof/question-coverage.ts';
import { drawAdverseAudience } from '../../test/support/adverse-audiences.ts';
import { effortOf, runSeed } from '../../test/support/effort.ts';
import { runSql } from '../../test/support/engine.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { assertAllowsAudience } from '../../test/support/policy-assertions.ts';
import { drawAudience, permittingAudiences } from '../../test/support/random-audiences.ts';
import {
  describeCollaboration,
  drawCollaboration,
  type FilledTable,
  loadCollaboration,
} from '../../test/support/random-collaboration.ts';
import { QuestionWriter } from '../../test/support/random-larger-questions.ts';
import {
  type Dice,
  diceOf,
  drawPlannedTables,
  heavyTables,
  overTables,
  type PlannedTables,
} from '../../test/support/random-layouts.ts';
import { rangesOf, runPath, storeLayouts } from '../../test/support/run-sharded.ts';
import { runnable } from '../../test/support/scoring.ts';
import {
  chooseSelection,
  layoutsOf,
  type PlannedAggregate,
  printPersons,
  printSelection,
  type Selection,
  type SelectionPath,
  type StoredLayout,
} from '../index.ts';

const runCount = Number(process.env.GALLEY_RUNS ?? effortOf(2, 30, 1_000));
const seed = runSeed;
const SALT = 20_111_111n;
const AUDIENCES = 10;
const QUESTIONS = 4;
const TIMEOUT_MS = effortOf(300_000, 3_600_000, 7_200_000);

const sorted = (rows: readonly (readonly unknown[])[]): readonly string[] => rows.map(String).toSorted();

/** Which paths came up, by what they read, and how they went. */
class MetSelections {
  readonly met = new Map<string, number>();

  note(path: SelectionPath, members: readonly string[], over: number): void {
    const layouts = [...path.layouts.values()].flatMap(({ within }) => within);
    const has = (is: (layout: StoredLayout) => boolean): boolean => layouts.some(is);
    const names = [
      ...(has(({ spec }) => spec.base.matched !== null) ? [`${path.kind}, a match`] : [path.kind]),
      ...(has(({ spec }) => spec.form === 'rest') ? ['rest'] : []),
      ...(has(({ spec }) => spec.form === 'core') && has(({ spec }) => spec.form === 'rows')
        ? ['pairs beside rows']
        : []),
      ...(over > 0 ? [path.over === null ? 'persons over' : 'persons over of a match'] : []),
      ...(members.length > 0 ? ['somebody'] : ['nobody']),
    ];
    for (const name of names) this.met.set(name, (this.met.get(name) ?? 0) + 1);
  }

  missing(): readonly string[] {
    const names = ['planned', 'sharded', 'planned, a match', 'sharded, a match', 'rest', 'pairs beside rows'];
    return [...names, 'persons over', 'persons over of a match', 'somebody', 'nobody'].filter((n) => !this.met.has(n));
  }
}

/** Rows of persons over what is declared that a path reads. */
async function countOver(path: SelectionPath, selection: Selection): Promise<number> {
  let count = 0;
  for (const table of printSelection(selection, path).tables) {
    if (table.kind !== 'layout' || (table.spec.form !== 'over' && table.spec.form !== 'beside')) continue;
    const [[rows] = []] = await runSql(`SELECT count(*) FROM "all ${table.name}"`);
    count += Number(rows);
  }
  return count;
}

/** Holds every path that some set of layouts allows against the program over the tables as they were handed in. */
async function assertEqual(
  asked: string,
  selection: Selection,
  stored: readonly StoredLayout[],
  seen = new MetSelections(),
): Promise<SelectionPath | null> {
  const members = sorted(await runSql(runnable(printPersons(selection)), [SALT]));
  const without = (is: (layout: StoredLayout) => boolean) => stored.filter((layout) => !is(layout));
  const isOfMatch = ({ spec }: StoredLayout): boolean => spec.base.matched !== null;
  const isPairs = ({ spec }: StoredLayout): boolean => spec.form === 'core' || spec.form === 'rest';
  const sets = [stored, without(isOfMatch), without(isPairs), without((l) => isOfMatch(l) || isPairs(l))];
  const paths = sets.map((some) => chooseSelection(selection, some));
  const distinct = new Map(
    paths.flatMap((p) => (p === null ? [] : [[JSON.stringify(printSelection(selection, p)), p]])),
  );
  for (const path of distinct.values()) {
    const query = printSelection(selection, path);
    seen.note(path, members, await countOver(path, selection));
    for (const [count, over] of [
      [1, 'whole'],
      [2, 'whole'],
      [2, 'in shards'],
    ] as const) {
      const selected = sorted(await runPath(query, SALT, rangesOf(count), over));
      expect(selected, `${asked}\n${JSON.stringify(query, null, 1)}\n${count} shards, over ${over}`).toEqual(members);
    }
  }
  return paths[0] ?? null;
}

/** Tables of a case with audiences over them; in words for a failed test. */
class AudienceCase {
  readonly tables: PlannedTables;
  readonly asked: readonly string[];

  constructor(tables: PlannedTables, asked: readonly string[]) {
    this.tables = tables;
    this.asked = asked;
  }

  toString(): string {
    return `\n${describeCollaboration({ people: Object.values(this.tables), publics: [] })}\n${this.asked.join('\n')}\n`;
  }
}

// Without shrinking, which takes the engine minutes: a case is printed as it is, and its seed makes it again.
const casesOf = (draw: (g: Dice, tables: PlannedTables) => string): fc.Arbitrary<AudienceCase> =>
  fc.noShrink(fc.noBias(fc.integer())).map((of) => {
    const dice = diceOf(of);
    const tables = drawPlannedTables(dice);
    return new AudienceCase(
      tables,
      Array.from({ length: AUDIENCES }, () => draw(dice, tables)),
    );
  });

describe('persons selected from layouts', () => {
  it.each([
    ['as people ask for them', drawAudience],
    ['as somebody asks for them who looks for what differs', drawAdverseAudience],
  ] as const)(
    `are those of the tables as they were handed in, where these are planned for, %s (seed ${seed})`,
    async (_, draw) => {
      const seen = new MetSelections();
      await runSql('SET threads = 1');
      const hold = async ({ tables, asked }: AudienceCase): Promise<void> => {
        const filled = Object.values(tables) as readonly FilledTable[];
        for (const { view, rows } of filled) await loadTable(view, rows);
        const views = filled.map((t) => permittingAudiences(t.view));
        const stored = await storeLayouts(layoutsOf(views), SALT);
        for (const sql of asked) await assertEqual(sql, await assertAllowsAudience(sql, views), stored, seen);
      };
      await fc.assert(fc.asyncProperty(casesOf(draw), hold), { numRuns: runCount, seed });
      process.stdout.write(`seed ${seed}: ${JSON.stringify([...seen.met])}\n`);
      if (runCount >= 30) expect(seen.missing()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    `are those of the tables as they were handed in, over rows of the whole language of questions (seed ${seed})`,
    async () => {
      const seen = new MetSelections();
      await runSql('SET threads = 1');
      const hold = async (g: fc.GeneratorValue): Promise<void> => {
        const tables = drawCollaboration(g, 'wild');
        await loadCollaboration(tables);
        const stored = await storeLayouts(layoutsOf(tables.people.map((t) => t.view)), SALT);
        const asked = Array.from({ length: QUESTIONS }, () => new QuestionWriter(g, tables, false).question());
        for (const { asked: sql, draft } of await outputsOf(asked, tables, new Coverage())) {
          await assertEqual(sql, draft as PlannedAggregate, stored, seen);
        }
      };
      await fc.assert(
        fc.asyncProperty(fc.gen(), (g) => hold(g)),
        { numRuns: runCount, seed },
      );
      process.stdout.write(`seed ${seed}: ${JSON.stringify([...seen.met])}\n`);
      expect([...seen.met.keys()]).toContain('sharded');
    },
    TIMEOUT_MS,
  );

  describe.each([
    ['within what is declared', heavyTables, 4],
    ['over what is declared', overTables, effortOf(8, 128, 128)],
  ])('over persons with hundreds of pairs, %s, by name', (name, tables, shardCount) => {
    const views = tables.map((t) => permittingAudiences(t.view));
    const held: { stored: readonly StoredLayout[] } = { stored: [] };

    beforeAll(async () => {
      for (const { view, rows } of tables) await loadTable(view, rows);
      held.stored = await storeLayouts(layoutsOf(views), SALT);
    });

    const JOINED = 'shop.visits v join brand.people b on v.email = b.email';
    it.each([
      [
        'pairs, those over the bound of groups too',
        'planned: core rest',
        "select email from shop.visits where kind = 'k7'",
      ],
      ['pairs without keys', 'planned, a match: core', `select v.email from ${JOINED} where b.segment = 'a'`],
      [
        'pairs of a match',
        'planned, a match: core rest',
        `select v.email from ${JOINED} where b.vip and v.kind in ('k7', 'k8')`,
      ],
      [
        'rows of a match',
        'sharded, a match: rows',
        `select v.email from ${JOINED} where b.vip and v.amount > 1 and v.kind < 'k5'`,
      ],
      [
        'rows beside pairs, joined to a third table',
        'sharded: core rows',
        `select t.email from ${JOINED} join club.tags t on t.email = v.email where v.amount > 1 and b.vip`,
      ],
      [
        'pairs of persons who have such rows',
        'planned, a match: core rest',
        "select b.email from brand.people b where b.email in (select email from shop.visits where kind = 'k7')",
      ],
      [
        'pairs of a match, as a rule over tags has them',
        'planned, a match: core rest',
        `select b.email from brand.people b where b.email in (select t.email from shop.visits t where t.kind = 'k7') and b.email in (
          select t.email from brand.people t where t.vip) and b.email in (select t.email from brand.people t where t.segment = 'a')`,
      ],
      [
        'pairs of those who are in one or the other',
        'planned: core rest',
        `select b.email from brand.people b where b.email in (select t.email from shop.visits t where t.kind = 'k7') or b.email not in (
          select t.email from brand.people t where t.vip)`,
      ],
      [
        'pairs of those who must have such rows, asked for twice',
        'planned: core rest',
        `select b.email from brand.people b where b.email in (select t.email from shop.visits t where t.kind = 'k7')
          and (b.vip or b.email in (select t.email from shop.visits t where t.kind = 'k7'))`,
      ],
      [
        'pairs of those who have one such row and another',
        'planned: core rest',
        `select b.email from brand.people b where b.email in (select t.email from shop.visits t where t.kind = 'k7')
          and b.email in (select t.email from shop.visits t where t.kind = 'k14')`,
      ],
      [
        'rows of those whose sum is large',
        'sharded: core rows',
        'select b.email from brand.people b where b.email in (select email from shop.visits group by 1 having sum(length(grade)) >= 4)',
      ],
      [
        'rows of persons who have many of them',
        'sharded: core rows',
        "select b.email from brand.people b where b.email in (select email from shop.visits where kind = 'k7' group by 1 having count(*) > 1)",
      ],
      [
        'pairs of persons who have many kinds of them',
        'planned: core rest',
        'select b.email from brand.people b where b.email in (select email from shop.visits group by 1 having count(distinct kind) > 3)',
      ],
      [
        'rows of what code is run on',
        'sharded: rows',
        "select email from shop.visits where isv.tier(kind) = 'gold' and kind = 'k7'",
      ],
    ])('%s', async (_, expected, sql) => {
      const path = await assertEqual(sql, await assertAllowsAudience(sql, views), held.stored);
      const forms = [...(path?.layouts.values() ?? [])].flatMap(({ within }) => within.map(({ spec }) => spec.form));
      const isMatch = path !== null && path.over !== null;
      expect(`${path?.kind}${isMatch ? ', a match' : ''}: ${[...new Set(forms)].toSorted().join(' ')}`).toBe(expected);
    });

    it('with persons on both sides of what is declared', async () => {
      const [[over] = []] = await runSql('SELECT count(DISTINCT "the person") FROM "all over of shop.visits"');
      expect(Number(over) > 5).toBe(name !== 'within what is declared');
    });

    it(`in ${shardCount} shards`, async () => {
      for (const where of ["b.vip and v.kind <> 'k7'", 'b.vip and v.amount > 1', "b.segment = 'a'"]) {
        const selection = await assertAllowsAudience(`select v.email from ${JOINED} where ${where}`, views);
        const path = chooseSelection(selection, held.stored) as SelectionPath;
        const members = sorted(await runSql(runnable(printPersons(selection)), [SALT]));
        expect(members.length).toBeGreaterThan(3);
        for (const over of ['whole', 'in shards'] as const) {
          const selected = await runPath(printSelection(selection, path), SALT, rangesOf(shardCount), over);
          expect(sorted(selected)).toEqual(members);
        }
      }
    });
  });

  it('are selected from the tables as they were handed in while the layouts of one are missing', async () => {
    const views = heavyTables.map((t) => permittingAudiences(t.view));
    const layouts = layoutsOf(views).map((spec) => ({ spec, codes: new Set<string>() }));
    const sql = 'select t.email from shop.visits v join club.tags t on t.email = v.email where v.flag';
    const selection = await assertAllowsAudience(sql, views);
    expect(chooseSelection(selection, layouts)?.kind).toBe('sharded');
    for (const form of ['rows', 'over'] as const) {
      const some = layouts.filter(({ spec }) => spec.base.table.alias !== 'visits' || spec.form !== form);
      expect(chooseSelection(selection, some)).toBeNull();
    }
  });
});
