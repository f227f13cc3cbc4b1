// Where households are who privacy is kept for, layouts are of households: two people of one home are one unit, whose rows
// count together against what is declared. What is counted is worked out by hand.
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { storedRows } from '../proof/opened-disk.ts';
import { awaitErasure } from '../support/demanded-rights.ts';
import { filesBelow } from '../support/service-files.ts';
import { ask, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { type Actor, mailingsRules, type RulesFields } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, upload } from '../support/service-table.ts';

// Tables are laid out in the background, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** People who live alone, with a row in two categories each. */
const ALONE = Array.from({ length: 600 }, (_, n) => ({ email: `alone${n}@example.com`, home: `a${n}` }));
/** Homes of two. */
const HOMES_COUNT = 300;
const COUPLES = Array.from({ length: 2 * HOMES_COUNT }, (_, n) => ({
  email: `two${n}@example.com`,
  home: `t${n % HOMES_COUNT}`,
}));
/** Rows of each person of a couple: within what is declared of one unit, and not those of a home together. */
const ROWS_OF_EACH = 3;
const ROWS_PER_UNIT = 4;

const staysCsv = [
  'email,home,category',
  ...ALONE.flatMap(({ email, home }) => [`${email},${home},books`, `${email},${home},shoes`]),
  ...COUPLES.flatMap(({ email, home }) => Array.from({ length: ROWS_OF_EACH }, () => `${email},${home},garden`)),
].join('\n');
const STAYS: RulesFields = {
  measures: {},
  filters: [],
  audience: null,
  rowsPerPerson: ROWS_PER_UNIT,
  maxGroupsPerPerson: 2,
  groupKeys: { category: { values: ['books', 'garden', 'shoes'] } },
};
const everybody = [...ALONE, ...COUPLES].map(({ email }, n) => ({ email, isFirst: n % 2 === 0 || n >= ALONE.length }));
/** One row a person, and so two a home of two, which are cut to one. */
const profilesCsv = [
  'email,segment',
  ...everybody.map(({ email, isFirst }) => `${email},${isFirst ? 'gold' : 'blue'}`),
].join('\n');
const cardsCsv = ['email,tier', ...everybody.map(({ email }) => `${email},plain`)].join('\n');

let stage: ServiceStage;
let collaborationId: string;
let staysId: string;

async function bind(actor: Actor, alias: string, of: { columns: string[]; csv: string; rules: RulesFields }) {
  const { datasetId } = await createDataset(stage, actor, of.columns);
  await upload(stage, actor, datasetId, of.csv);
  const rulesJson = mailingsRules({ measures: {}, filters: [], audience: null, ...of.rules });
  await stage.as(actor).collaborations.bind({ collaborationId, datasetId, alias, rulesJson });
  return datasetId;
}

beforeAll(async () => {
  stage = await ServiceStage.open({ layout: { minRows: 0 } });
  collaborationId = await agree(stage);
  const rulesJson = JSON.stringify({ household: 'custom:home', unit: 'household' });
  await stage.as('platform').identity.setRules({ collaborationId, rulesJson });
  staysId = await bind('platform', 'stays', {
    columns: ['email:email', 'home:custom(home)', 'category:text'],
    csv: staysCsv,
    rules: STAYS,
  });
  await bind('brand', 'profiles', {
    columns: ['email:email', 'segment:text'],
    csv: profilesCsv,
    rules: { groupKeys: { segment: { values: ['gold', 'blue'] } } },
  });
  await bind('platform', 'cards', {
    columns: ['email:email', 'tier:text'],
    csv: cardsCsv,
    rules: { groupKeys: { tier: { values: ['plain'] } } },
  });
  await ready();
});

afterAll(() => stage[Symbol.asyncDispose]());

const allLaidOut = async () => {
  const operator = await stage.clientWith('platform', { claims: { role: 'operator' } });
  return await operator.datasets.layouts();
};
/** Waits until the tables and the matches of the stays with the profiles are laid out, and nothing is being made. */
const ready = async () =>
  await vi.waitFor(
    async () => {
      const layouts = await allLaidOut();
      const forms = new Set(layouts.map((l) => `${l.table} ${l.matchedTable} ${l.form} ${l.dimensions}`));
      const wanted = ['jiufang.stays  core category', 'jiufang.stays chenxi.profiles core ', 'jiufang.cards  core '];
      const isReady = wanted.every((form) => forms.has(form)) && layouts.every((l) => l.state === 'ready');
      if (!isReady) throw new Error('not ready yet', { cause: [...forms, stage.operatorLog()] });
    },
    { timeout: 120_000, interval: 200 },
  );

/** Eight deviations of the noise of rows at the epsilon of these questions, and far from what persons would count. */
const NOISE_ROWS = 120;
type Counted = readonly (string | number)[];
const count = async (sql: string, epsilon = 2): Promise<readonly Counted[]> =>
  (await ask(stage, 'brand', collaborationId, sql, { epsilon, omitIntervals: true })).rows.map((row) =>
    Object.values(row).map((value) => (typeof value === 'string' ? value : Number(value))),
  );
const expectAbout = (counted: readonly Counted[], wanted: readonly Counted[]) => {
  expect(counted.map((row) => row.slice(0, -1))).toEqual(wanted.map((row) => row.slice(0, -1)));
  for (const [at, row] of counted.entries()) {
    expect(Math.abs(Number(row.at(-1)) - Number(wanted[at]?.at(-1))), row.join()).toBeLessThan(NOISE_ROWS);
  }
};
const pathOf = async (sql: string) =>
  (await stage.as('brand').queries.explain(questionOf(collaborationId, sql))).layoutPaths[0];
const layoutFiles = () => filesBelow(stage.dataDirectory).filter((path) => path.startsWith('layouts/'));

const MATCH = 'from jiufang.stays s join chenxi.profiles p on s.email = p.email';
const THIRD = `${MATCH} join jiufang.cards c on s.email = c.email`;
const BY_CATEGORY =
  'select category, count(distinct email) as n from jiufang.stays group by category order by category';
const bySegment = (from: string) =>
  `select p.segment, s.category, count(*) as n ${from} group by p.segment, s.category order by segment, category`;
/** Rows of each segment and category, in the order of the answer; nobody is blue and in the garden. */
const SEGMENTS: readonly Counted[] = [
  ['blue', 'books', ALONE.length / 2],
  ['blue', 'shoes', ALONE.length / 2],
  ['gold', 'books', ALONE.length / 2],
  ['gold', 'garden', HOMES_COUNT * ROWS_PER_UNIT],
  ['gold', 'shoes', ALONE.length / 2],
];

describe('layouts of households', () => {
  it('count a home once, and cut its rows as those of one', async () => {
    expect(await pathOf(BY_CATEGORY)).toMatchObject({ path: 'planned' });
    expectAbout(await count(BY_CATEGORY), [
      ['books', ALONE.length],
      ['garden', HOMES_COUNT],
      ['shoes', ALONE.length],
    ]);
    expectAbout(await count(BY_CATEGORY.replace('count(distinct email)', 'count(*)')), [
      ['books', ALONE.length],
      ['garden', HOMES_COUNT * ROWS_PER_UNIT],
      ['shoes', ALONE.length],
    ]);
  });

  it('match a home with its one row beside, though each of two people has one', async () => {
    expect(await pathOf(bySegment(MATCH))).toMatchObject({ path: 'planned' });
    expectAbout(await count(bySegment(MATCH)), SEGMENTS);
  });

  it('count a third table of persons beside a match shard by shard, and say why no cheaper way', async () => {
    const path = await pathOf(bySegment(THIRD));
    expect(path).toMatchObject({ path: 'sharded', obstacle: expect.stringContaining('a third table of persons') });
    expect(path?.layouts.toSorted()).toEqual([
      'over of chenxi.profiles',
      'over of jiufang.cards',
      'over of jiufang.stays',
      'rows of chenxi.profiles by segment',
      'rows of jiufang.cards by tier',
      'rows of jiufang.stays by category',
    ]);
    expectAbout(await count(bySegment(THIRD)), SEGMENTS);
  });

  it('are what joins were read from: where they are broken, these fail', async () => {
    for (const path of layoutFiles()) flipLastBit(join(stage.dataDirectory, path));
    // Of layouts that no other of these reads; at another price, so that no stored release answers.
    for (const from of [MATCH, THIRD]) await expectRefused(count(bySegment(from), 1), 'RUN_FAILED');
  });
});

describe('layouts that are being made', () => {
  const making = () => {
    const sql = `select layout_id from layouts where state = 'making' and table_dataset = '${staysId}'`;
    return storedRows(stage.dataDirectory, sql).map((row) => String(row.layout_id));
  };
  /** Waits until layouts of the stays are being made that are none of these. */
  const begun = async (others: readonly string[] = []) =>
    await vi.waitFor(
      () => {
        const ids = making();
        if (ids.length === 0 || ids.some((id) => others.includes(id))) {
          throw new Error('not begun', { cause: stage.operatorLog() });
        }
        return ids;
      },
      { timeout: 120_000, interval: 5 },
    );
  const leftOf = (ids: readonly string[]) =>
    [
      ...storedRows(stage.dataDirectory, 'select layout_id from layouts').map((row) => String(row.layout_id)),
      ...layoutFiles(),
    ].filter((name) => ids.some((id) => name.includes(id)));

  it('are given up when rules want others, or their dataset is erased, and nothing of them is left', async () => {
    const more = Array.from({ length: 15_000 }, (_, n) => `more${n}@example.com,m${n},books`);
    await upload(stage, 'platform', staysId, `${staysCsv}\n${more.join('\n')}`);
    const first = await begun();
    const rulesJson = mailingsRules({ ...STAYS, plannedGroups: [] });
    await stage.as('platform').collaborations.setRules({ collaborationId, alias: 'stays', rulesJson });
    await vi.waitFor(() => expect(leftOf(first)).toEqual([]), { timeout: 120_000, interval: 50 });
    expect(stage.operatorLog()).toContain('outdated, and given up');

    const second = await begun(first);
    const erasure = await stage.as('platform').rights.eraseDataset({ datasetId: staysId, requestId: randomUUID() });
    await awaitErasure(stage, 'platform', erasure);
    expect(leftOf(second)).toEqual([]);
    expect((await allLaidOut()).filter((l) => `${l.table} ${l.matchedTable}`.includes('stays'))).toEqual([]);
  });
});

function flipLastBit(path: string): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(path, bytes);
}
