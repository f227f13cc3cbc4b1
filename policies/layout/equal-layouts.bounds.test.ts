// Layouts and the paths over them are used without telling anybody, which is sound only because they count what the
// tables as they were handed in count. So they are held against each other, over data and questions at random.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Coverage, outputsOf } from '../../test/proof/question-coverage.ts';
import { drawAdverseQuestion } from '../../test/support/adverse-questions.ts';
import { effortOf, runSeed } from '../../test/support/effort.ts';
import { runSql } from '../../test/support/engine.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { MetPaths, PLANNED_NAMES } from '../../test/support/met-paths.ts';
import { assertAllows } from '../../test/support/policy-assertions.ts';
import {
  type DataKind,
  describeCollaboration,
  drawCollaboration,
  type FilledTable,
  loadCollaboration,
} from '../../test/support/random-collaboration.ts';
import { QuestionWriter } from '../../test/support/random-larger-questions.ts';
import {
  type Dice,
  diceOf,
  drawPlannedQuestion,
  drawPlannedTables,
  heavyTables,
  overTables,
  type PlannedTables,
  viewOfVisits,
} from '../../test/support/random-layouts.ts';
import { rangesOf, runPath, storeLayouts } from '../../test/support/run-sharded.ts';
import { runnable } from '../../test/support/scoring.ts';
import { tally } from '../../test/support/tally.ts';
import {
  type ChosenPath,
  choosePath,
  type LayoutForm,
  layoutsOf,
  type MostRows,
  type PathQuery,
  type PlannedAggregate,
  planQuestion,
  printAggregate,
  printPath,
  type StoredLayout,
  type TableView,
  tableName,
} from '../index.ts';

const isLong = process.env.GALLEY_LONG === '1';
const runCount = Number(process.env.GALLEY_RUNS ?? effortOf(2, 20, 1_000));
// Every commit asks the same, as in the comparison of choices: some draws take the engine minutes.
const seed = runSeed;
const SALT = 20_111_111n;
const QUESTIONS = 4;
const PLANNED_QUESTIONS = effortOf(4, 8, 8);
/** Those of the other draw ask no query within. */
const ADVERSE_NAMES = PLANNED_NAMES.filter((name) => name !== 'rows of a query');

const sorted = (rows: readonly (readonly unknown[])[]): readonly string[] =>
  rows.map((row) => row.map(String).join('\u0000')).toSorted();

async function mostRowsOf(views: readonly TableView[]): Promise<MostRows> {
  const most = new Map<string, number>();
  for (const view of views) {
    const persons = `SELECT count(*) AS n FROM "${tableName(view)}" WHERE email IS NOT NULL GROUP BY email`;
    const [[n] = []] = await runSql(`SELECT coalesce(max(n), 0) FROM (${persons})`);
    most.set(tableName(view), Number(n));
  }
  return most;
}

/** The largest rank. */
const RANKS = 65_535;
const PERSONS_OF_KINDS = 'select email as u, kind, avg(clamp(amount, -5, 10)) as mean, count(*) as n from shop.visits';
const JOINED = 'shop.visits v join brand.people b on v.email = b.email';

/** What a path reads of persons within what is declared. */
function layoutsIn(path: Exclude<ChosenPath, { kind: 'general' }>): readonly StoredLayout[] {
  switch (path.kind) {
    case 'planned':
      return [path.core];
    case 'streamed':
      return [path.rows];
    default:
      return [...path.rows.values()].map(({ rows }) => rows);
  }
}

/** The forms of what a path reads of persons over what is declared, where there are any. */
async function overIn(query: PathQuery | null): Promise<readonly LayoutForm[]> {
  const found: LayoutForm[] = [];
  for (const table of query?.tables ?? []) {
    if (table.kind !== 'layout' || (table.spec.form !== 'over' && table.spec.form !== 'beside')) continue;
    const [[count] = []] = await runSql(`SELECT count(*) FROM "all ${table.name}"`);
    if (Number(count) > 0) found.push(table.spec.form);
  }
  return found;
}

/** A path in words. */
function nameOf(path: ChosenPath): string {
  if (path.kind === 'general') return path.kind;
  const layouts = layoutsIn(path);
  const words = [path.kind, ...(path.kind === 'planned' ? [path.groups] : [])];
  const isMatch = layouts.some((l) => l.spec.base.matched !== null);
  const hasRest = path.kind === 'planned' && path.rest !== null;
  return [...words, ...(isMatch ? ['match'] : []), ...(hasRest ? ['rest'] : [])].join('/');
}

/** Holds every path that some set of layouts allows against the general program. */
async function assertEqual(
  asked: string,
  aggregate: PlannedAggregate,
  { most, stored }: { readonly most: MostRows; readonly stored: readonly StoredLayout[] },
  seen: MetPaths,
): Promise<readonly ChosenPath[]> {
  const general = sorted(await runSql(runnable(printAggregate(aggregate)), [SALT]));
  const paths = [
    choosePath(aggregate, most, stored),
    choosePath(
      aggregate,
      most,
      stored.filter((l) => l.spec.base.matched === null),
    ),
    choosePath(
      aggregate,
      most,
      stored.filter((l) => l.spec.form !== 'core'),
    ),
  ];
  const distinct = new Map(paths.map((path) => [JSON.stringify(printPath(aggregate, path)?.steps), path]));
  for (const path of distinct.values()) {
    const query = printPath(aggregate, path);
    seen.note(path, await overIn(query));
    if (query === null) continue;
    for (const [count, over] of [
      [1, 'whole'],
      [2, seen.compared % 2 === 0 ? 'whole' : 'in shards'],
    ] as const) {
      const rows = sorted(await runPath(query, SALT, rangesOf(count), over));
      expect(rows, `${asked}\n${JSON.stringify(query, null, 1)}\n${count} shards, over ${over}`).toEqual(general);
    }
  }
  return paths;
}

async function planOf(asked: string, tables: readonly TableView[]): Promise<readonly PlannedAggregate[]> {
  return planQuestion(await assertAllows(asked, { tables }), { epsilon: 1, delta: 1e-6 }).aggregates;
}

/** Tables of a case with questions over them; in words for a failed test. */
class PlannedCase {
  readonly tables: PlannedTables;
  readonly asked: readonly string[];
  readonly minGroupSize: number;

  constructor(tables: PlannedTables, asked: readonly string[], minGroupSize: number) {
    this.tables = tables;
    this.asked = asked;
    this.minGroupSize = minGroupSize;
  }

  toString(): string {
    return `\n${describeCollaboration({ people: Object.values(this.tables), publics: [] })}\n${this.asked.join('\n')}\n`;
  }
}

// Without shrinking, which takes the engine minutes: a case is printed as it is, and its seed makes it again.
const casesOf = (draw: (g: Dice, tables: PlannedTables) => string): fc.Arbitrary<PlannedCase> =>
  fc.noShrink(fc.noBias(fc.integer())).map((of) => {
    const dice = diceOf(of);
    const tables = drawPlannedTables(dice);
    const asked = Array.from({ length: PLANNED_QUESTIONS }, () => draw(dice, tables));
    return new PlannedCase(tables, asked, dice(4));
  });

describe('paths over layouts', () => {
  it.each([
    ['as people ask', drawPlannedQuestion, PLANNED_NAMES],
    ['as somebody asks who looks for what differs', drawAdverseQuestion, ADVERSE_NAMES],
  ] as const)(
    `count what the general program counts, where tables are planned for, %s (seed ${seed})`,
    async (_, draw, names) => {
      const seen = new MetPaths();
      await runSql('SET threads = 1');
      const hold = async ({ tables, asked, minGroupSize }: PlannedCase): Promise<void> => {
        const filled = Object.values(tables) as readonly FilledTable[];
        for (const { view, rows } of filled) await loadTable(view, rows);
        const views = filled.map((t) => t.view);
        const facts = { most: await mostRowsOf(views), stored: await storeLayouts(layoutsOf(views), SALT) };
        for (const sql of asked) {
          for (const aggregate of await planOf(sql, views)) {
            await assertEqual(sql, { ...aggregate, minGroupSize }, facts, seen);
          }
        }
      };
      await fc.assert(fc.asyncProperty(casesOf(draw), hold), { numRuns: runCount, seed });
      process.stdout.write(`seed ${seed}: ${seen.compared} comparisons; ${JSON.stringify([...seen.met])}\n`);
      if (runCount >= 40) expect(seen.missing(names)).toEqual([]);
      tally('boundingCases', seen.compared);
    },
    isLong ? 2 * 3_600_000 : 300_000,
  );

  it(
    `count what the general program counts, in the whole language of questions (seed ${seed})`,
    async () => {
      const seen = new MetPaths();
      await runSql('SET threads = 1');
      const hold = async (kind: DataKind, g: fc.GeneratorValue): Promise<void> => {
        const tables = drawCollaboration(g, kind);
        await loadCollaboration(tables);
        const views = tables.people.map((t) => t.view);
        const rows = layoutsOf(views).filter((spec) => spec.form !== 'core' && spec.form !== 'rest');
        const facts = { most: await mostRowsOf(views), stored: await storeLayouts(rows, SALT) };
        const asked = Array.from({ length: QUESTIONS }, () => new QuestionWriter(g, tables, false).question());
        for (const { asked: sql, draft } of await outputsOf(asked, tables, new Coverage())) {
          await assertEqual(sql, draft as PlannedAggregate, facts, seen);
        }
      };
      for (const kind of ['wild', 'tame'] as const) {
        const property = fc.asyncProperty(fc.gen(), (g) => hold(kind, g));
        await fc.assert(property, { numRuns: Math.ceil(runCount / 2), seed });
      }
      process.stdout.write(`seed ${seed}: ${seen.compared} comparisons; ${JSON.stringify([...seen.met])}\n`);
      expect(seen.missing(['sharded'])).toEqual([]);
      tally('boundingCases', seen.compared);
    },
    isLong ? 2 * 3_600_000 : 300_000,
  );

  describe.each([
    ['within what is declared', heavyTables, 4],
    ['over what is declared', overTables, effortOf(8, 128, 128)],
  ])('over persons with hundreds of pairs, %s, by name', (name, tables, shardCount) => {
    const heldPaths: { most: MostRows; stored: readonly StoredLayout[] } = { most: new Map(), stored: [] };

    beforeAll(async () => {
      for (const { view, rows } of tables) await loadTable(view, rows);
      const views = tables.map((t) => t.view);
      heldPaths.most = await mostRowsOf(views);
      heldPaths.stored = await storeLayouts(layoutsOf(views), SALT);
    });

    it.each([
      ['planned, ranks as stored', 'planned/stored', 'select kind, $ from shop.visits v group by 1'],
      ['planned, a match', 'planned/stored/match', `select b.segment, kind, $ from ${JOINED} group by 1, 2`],
      [
        'sharded, joined to a third table',
        'sharded',
        `select t.tag, city, kind, $ from ${JOINED} join club.tags t on t.email = v.email group by 1, 2, 3`,
      ],
      [
        'planned, ranked again',
        'planned/again/rest',
        "select kind, $ from shop.visits v where kind <> 'k7' group by 1",
      ],
      [
        'planned, ranked again of a match',
        'planned/again/match/rest',
        `select b.vip, kind, $ from ${JOINED} where kind <> 'k7' and b.vip group by 2, 1`,
      ],
      ['planned, all listed groups', 'planned/all/rest', 'select grade, $ from shop.visits v group by 1'],
      ['planned, by what persons are', 'planned/all/match', `select b.segment, $ from ${JOINED} group by 1`],
      ['planned, without keys', 'planned/all', 'select $ from shop.visits v'],
      [
        'planned, over a query grouped by the person',
        'planned/stored',
        `select kind, count(*), sum(mean), count(distinct u), sum(n), stddev(n) from (${PERSONS_OF_KINDS} group by 1, 2) s group by kind`,
      ],
      [
        'planned, over such a query under a condition on its totals, of a match',
        'planned/again/match/rest',
        `select vip, kind, sum(mean), count(*), sum(clamp(total, 0, 7)) from (select v.email as u, kind, b.vip as vip, count(v.points) as n,
          avg(clamp(v.amount, -5, 10)) as mean, sum(clamp(v.amount, -5, 10)) as total from ${JOINED} group by 1, 2, 3) s where n > 0 and total > 0 group by 1, 2`,
      ],
      [
        'planned, by how many rows a person has',
        'planned/stored/match',
        `select segment, case when n >= 70 then 'many' when n >= 3 then 'some' else 'few' end as grade, count(*), sum(n) from (
          select v.email, b.segment as segment, count(*) as n from ${JOINED} group by 1, 2) s group by 1, 2`,
      ],
      [
        'sharded, over a query of what is not stored',
        'sharded',
        `select kind, sum(clamp(mean, -5, 10)) from (select email, kind, avg(amount) as mean from shop.visits group by 1, 2) s group by kind`,
      ],
      ['streamed, by a filter on rows', 'streamed', 'select kind, $ from shop.visits v where amount > 1 group by 1'],
      [
        'planned, with values that are counted one by one',
        'planned/stored/match',
        `select b.vip, kind, $, median(v.amount), count(distinct v.city), quantile_cont(v.points, 0.9) from ${JOINED} group by 1, 2`,
      ],
      [
        'planned, with values of all groups',
        'planned/all/match',
        `select b.segment, $, count(distinct v.kind), count(distinct lower(v.city)), median(v.amount) filter (where v.amount > 1) from ${JOINED} where b.vip group by 1`,
      ],
      [
        'sharded, with values of groups that its rows are not ranked by',
        'sharded/match',
        `select city, kind, $, median(v.amount), count(distinct v.grade) from ${JOINED} group by 1, 2`,
      ],
      ['sharded, a match', 'sharded/match', `select lower(kind), $, median(v.amount) from ${JOINED} group by 1`],
      [
        'sharded, a left join',
        'sharded',
        'select b.vip, kind, $, count(distinct v.city) from shop.visits v left join brand.people b using (email) group by 1, 2',
      ],
      [
        'planned, by how many rows a person has of one table',
        'planned/all',
        'select n, count(*) from (select email, count(*) as n from shop.visits group by email) v group by 1',
      ],
    ])('%s', async (_, expected, asked) => {
      const sql = asked.replace('$', 'count(*), count(distinct v.email), sum(v.amount), count(v.amount)');
      const views = tables.map((t) => t.view);
      for (const aggregate of await planOf(sql, views)) {
        for (const minGroupSize of [0, 3]) {
          const [path] = await assertEqual(sql, { ...aggregate, minGroupSize }, heldPaths, new MetPaths());
          expect(path === undefined ? '' : nameOf(path)).toBe(expected);
        }
      }
    });

    it('with persons on both sides of what is declared', async () => {
      const [[over, beside] = []] = await runSql(
        'SELECT (SELECT count(DISTINCT "the person") FROM "all over of shop.visits"), (SELECT count(*) FROM "all beside of shop.visits with brand.people")',
      );
      expect([Number(over) > 5, Number(beside) > 5]).toEqual(Array(2).fill(name !== 'within what is declared'));
    });

    it(`in ${shardCount} shards`, async () => {
      const sql = `select kind, count(*), sum(v.amount), count(distinct v.city), median(v.amount) from ${JOINED} where v.kind <> 'k7' group by 1`;
      for (const text of [sql, "select kind, count(*) from shop.visits v where kind <> 'k7' group by 1"]) {
        for (const planned of await planOf(
          text,
          tables.map((t) => t.view),
        )) {
          const aggregate = { ...planned, minGroupSize: 2 };
          const query = printPath(aggregate, choosePath(aggregate, heldPaths.most, heldPaths.stored));
          const general = await runSql(runnable(printAggregate(aggregate)), [SALT]);
          if (query === null) return expect.fail('no path');
          for (const over of ['whole', 'in shards'] as const) {
            expect(sorted(await runPath(query, SALT, rangesOf(shardCount), over))).toEqual(sorted(general));
          }
        }
      }
    });
  });

  it('hold a person with more pairs than a rank can number', async () => {
    const view = viewOfVisits({ rowsPerPerson: 10_000, maxGroupsPerPerson: 3, plannedGroups: [['n']] });
    await loadTable(view, [['1', "'a'", null, null, '5', null, '1', null, null]]);
    await runSql(
      `INSERT INTO "shop.visits" SELECT 7, 'k', NULL, NULL, i, true, 1, 1, NULL FROM range(${RANKS + 500}) r(i)`,
    );
    const stored = await storeLayouts(layoutsOf([view]), SALT, rangesOf(1));
    const [[most, kept] = []] = await runSql(
      'SELECT (SELECT max("pair rank") FROM "all rows of shop.visits by n"), (SELECT count(*) FROM "all core of shop.visits by n")',
    );
    // No owner may declare as many rows: the person is counted by itself, and has no ranks.
    expect([Number(most), Number(kept)]).toEqual([1, 1]);
    const facts = { most: await mostRowsOf([view]), stored };
    const asked = 'select n, count(*) from shop.visits group by 1';
    for (const aggregate of await planOf(asked, [view])) {
      const [path] = await assertEqual(asked, { ...aggregate, minGroupSize: 0 }, facts, new MetPaths());
      expect(path?.kind).toBe('planned');
    }
  });
});
