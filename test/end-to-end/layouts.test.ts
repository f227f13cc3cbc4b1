// What is laid out changes no answer: the same question is asked before and after, and over data that changes under it.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type datasets, queries } from '../../proto/index.ts';
import { storedRows } from '../proof/opened-disk.ts';
import { awaitErasure, named } from '../support/demanded-rights.ts';
import { filesBelow } from '../support/service-files.ts';
import { ask, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, upload } from '../support/service-table.ts';

// Several lives of a service, and tables that are laid out anew, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const PERSONS = 1_200;
const CATEGORIES = ['books', 'garden', 'shoes'] as const;
/** Rows of one person more, over what is declared. Exact answers come before it, and are withheld where it makes a difference. */
const HEAVY_ROWS = 20;
/** Groups of a person that are counted, of three. */
const MAX_GROUPS = 2;
/** Of counts at the epsilon of these questions; it fails by chance once in a million runs. */
const NOISE_PERSONS = 70;

/** Two rows in every category, for each person. */
function eventsCsv(persons: number, heavyRows = HEAVY_ROWS): string {
  const lines = Array.from({ length: persons }, (_, person) =>
    CATEGORIES.flatMap((category) => [1, 2].map((day) => `p${person}@example.com,${category},${day},${person % 7}.50`)),
  );
  const heavy = Array.from({ length: heavyRows }, (_, day) => `heavy@example.com,books,${day},10.50`);
  return `email,category,day,amount\n${[...lines.flat(), ...heavy].join('\n')}\n`;
}

function profilesCsv(): string {
  const lines = Array.from({ length: PERSONS }, (_, p) => `p${p}@example.com,${p % 3 === 0 ? 'gold' : 'blue'}`);
  return `email,segment\n${lines.join('\n')}\n`;
}

const shared = { measures: {}, audience: null, threshold: {} };
const eventsRules = mailingsRules({
  ...shared,
  rowsPerPerson: 8,
  maxGroupsPerPerson: MAX_GROUPS,
  groupKeys: { category: { values: CATEGORIES } },
  filters: ['day'],
  measures: { amount: { min: 0, max: 100 } },
});
const profilesRules = mailingsRules({
  ...shared,
  groupKeys: { segment: { values: ['gold', 'blue'] } },
  filters: ['segment'],
});

let stage: ServiceStage;
let collaborationId: string;
let eventsId: string;
let profilesId: string;
let persons = PERSONS;

beforeAll(async () => {
  stage = await ServiceStage.open({ layout: { enabled: false } });
  collaborationId = await agree(stage);
  const columns = ['email:email', 'category:text', 'day:integer', 'amount:decimal(2)'];
  eventsId = (await createDataset(stage, 'platform', columns)).datasetId;
  await upload(stage, 'platform', eventsId, eventsCsv(persons, 0));
  profilesId = (await createDataset(stage, 'brand', ['email:email', 'segment:text'])).datasetId;
  await upload(stage, 'brand', profilesId, profilesCsv());
  const events = { collaborationId, datasetId: eventsId, alias: 'events', rulesJson: eventsRules };
  await stage.as('platform').collaborations.bind(events);
  const profiles = { collaborationId, datasetId: profilesId, alias: 'profiles', rulesJson: profilesRules };
  await stage.as('brand').collaborations.bind(profiles);
});

afterAll(() => stage[Symbol.asyncDispose]());

const laidOut = (datasetId = eventsId, actor: 'platform' | 'brand' = 'platform') =>
  stage.as(actor).datasets.layouts(datasetId);
/** The operator's list: the only one that has matches. */
const allLaidOut = async () => {
  const operator = await stage.clientWith('platform', { claims: { role: 'operator' } });
  return (await operator.datasets.layouts()).filter((l) => l.table === 'jiufang.events');
};
/** Waits until all layouts of the events are there, none of them one of these. */
const ready = async (others: readonly datasets.Layout[] = []): Promise<datasets.Layout[]> =>
  await vi.waitFor(
    async () => {
      const layouts = await allLaidOut();
      const forms = layouts
        .filter((l) => l.state === 'ready')
        .map((l) => `${l.matchedTable} ${l.form} ${l.dimensions}`);
      const isWhole = [' core category', 'chenxi.profiles core '].every((form) => forms.includes(form));
      const isReady = isWhole && forms.length === layouts.length;
      const isNew = layouts.every((l) => others.every(({ layoutId }) => layoutId !== l.layoutId));
      if (!isReady || !isNew) throw new Error('not ready yet', { cause: stage.operatorLog() });
      return layouts;
    },
    { timeout: 120_000, interval: 100 },
  );
const restart = async (signal: 'SIGTERM' | 'SIGKILL', layout: { enabled?: boolean; minRows?: number }) => {
  await stage.end(signal);
  await stage.start({ layout });
};
const layoutFiles = () => filesBelow(stage.dataDirectory).filter((path) => path.startsWith('layouts/'));
/** Files of layouts that nothing in the store names. */
const leftFiles = () => {
  const known = storedRows(stage.dataDirectory, 'select layout_id from layouts').map((row) => String(row.layout_id));
  return layoutFiles().filter((path) => !known.some((id) => path.includes(`/${id}-`)));
};

let asked = 0;
/** A question that nobody has asked before: the answer to another is no answer to it. */
const epsilon = () => {
  asked += 1;
  return 1.5 + asked / 1_000;
};
/** Persons by category, and the path that counted them. */
const countPersons = async () => {
  const sql = 'select category, count(distinct email) as n from jiufang.events group by category order by category';
  const { query, rows } = await ask(stage, 'platform', collaborationId, sql, { epsilon: epsilon() });
  const paths = await stage.as('platform').datasets.countingPaths(eventsId);
  const path = paths.find(({ queryId }) => queryId === query.queryId);
  return { counts: rows.map((row) => Number(row.n)), path };
};
const expectCounts = (counts: readonly number[], ofPersons: number) => {
  expect(counts).toHaveLength(CATEGORIES.length);
  for (const count of counts) {
    expect(Math.abs(count - (ofPersons * MAX_GROUPS) / CATEGORIES.length)).toBeLessThan(NOISE_PERSONS);
  }
};

/** Exact answers, each asked by one member: the other's releases are not its own, so that nothing stored answers. */
const countExactly = async (actor: 'platform' | 'brand') => {
  const answers = [];
  for (const sql of EXACT) {
    const exact = { mode: queries.ReleaseMode.THRESHOLD, epsilon: 0 };
    const { query, rows } = await ask(stage, actor, collaborationId, sql, exact);
    expect([query.stored, rows.length > 0]).toEqual([false, true]);
    answers.push({ query, rows });
  }
  const told = await stage.as('platform').datasets.countingPaths(eventsId);
  const paths = answers.map(({ query }) => told.find(({ queryId }) => queryId === query.queryId)?.path);
  return { rows: answers.map(({ rows }) => rows), paths };
};
/** Over pairs, over rows, and over a match, whose path is told to nobody. */
const EXACT = [
  'select category, count(distinct email) as n, sum(amount) as s from jiufang.events group by category order by category',
  'select category, count(*) as n, sum(amount) as s from jiufang.events where day = 1 group by category order by category',
  `select p.segment, e.category, count(*) as n, sum(e.amount) as s
   from jiufang.events e join chenxi.profiles p on e.email = p.email group by 1, 2 order by 1, 2`,
];
let exactly: Awaited<ReturnType<typeof countExactly>>['rows'];

describe('what is laid out', () => {
  it('is nothing where the operator has switched it off', async () => {
    const { counts, path } = await countPersons();
    expect(path).toMatchObject({ path: 'general', rowsRead: BigInt(PERSONS * CATEGORIES.length * 2) });
    expectCounts(counts, persons);
    expect([await laidOut(), layoutFiles()]).toEqual([[], []]);
    const exact = await countExactly('platform');
    expect(exact.paths).toEqual(['general', 'general', '']);
    exactly = exact.rows;
  });

  it('is every table of persons and every match, once the service may', async () => {
    await restart('SIGTERM', { minRows: 0 });
    const layouts = await ready();
    const alone = layouts.filter((l) => l.matchedTable === '');
    expect(alone.map((l) => [l.form, l.dimensions.join()]).toSorted()).toEqual([
      ['core', ''],
      ['core', 'category'],
      ['over', ''],
      ['rest', 'category'],
      ['rows', 'category'],
    ]);
    expect(leftFiles()).toEqual([]);
  });

  it('counts the same, by another path', async () => {
    const { counts, path } = await countPersons();
    expect(path).toMatchObject({ path: 'planned', shardCount: 1 });
    // An engine with nothing in it holds more, and a worker may not hold as much.
    expect(Number(path?.peakMemoryBytes)).toBeGreaterThan(20_000_000);
    expect(Number(path?.peakMemoryBytes)).toBeLessThan(4_000_000_000);
    expect(Number(path?.rowsRead)).toBeLessThan(PERSONS * CATEGORIES.length * 2);
    expectCounts(counts, persons);
  });

  it('gives the very numbers of the general program, where they are exact', async () => {
    const { rows, paths } = await countExactly('brand');
    expect(paths).toEqual(['planned', 'sharded', '']);
    expect(rows).toEqual(exactly);
    const exact = { mode: queries.ReleaseMode.THRESHOLD, epsilon: 0 };
    const explained = EXACT.map((sql) => stage.as('brand').queries.explain(questionOf(collaborationId, sql, exact)));
    const told = (await Promise.all(explained)).flatMap(({ layoutPaths }) => layoutPaths);
    expect(told.map(({ path }) => path)).toEqual(['planned', 'sharded', 'planned']);
    expect(told.every(({ obstacle }) => obstacle.includes('earlier'))).toBe(true);
  });

  it('is told of a match to the operator alone', async () => {
    const all = await allLaidOut();
    const matches = all.filter((l) => l.matchedTable !== '');
    expect(matches.length).toBeGreaterThan(0);
    expect(all.every((l) => l.byteCount > 0n)).toBe(true);
    const platform = await laidOut();
    const brand = await laidOut(profilesId, 'brand');
    expect([...platform, ...brand].filter((l) => l.matchedTable !== '')).toEqual([]);
    expect(platform.map((l) => l.layoutId)).toEqual(all.filter((l) => l.matchedTable === '').map((l) => l.layoutId));
    expect(brand.every((l) => l.table === 'chenxi.profiles')).toBe(true);
    await expectRefused(stage.as('brand').datasets.layouts(eventsId), 'NOT_FOUND');
    await expectRefused(stage.as('platform').datasets.layouts(), 'PERMISSION_DENIED');
  });

  it('is explained by declared facts', async () => {
    const sql = 'select category, count(*) as n from jiufang.events group by category';
    const { layoutPaths } = await stage.as('platform').queries.explain(questionOf(collaborationId, sql));
    expect(layoutPaths).toMatchObject([{ path: 'planned', obstacle: '', ownRows: BigInt(persons * 6) }]);
    const foreign = await stage.as('brand').queries.explain(questionOf(collaborationId, sql));
    expect(foreign.layoutPaths).toMatchObject([{ path: 'planned', ownRows: 0n }]);
  });
});

describe('a layout', () => {
  it('is gone when its table is replaced, and made again of the new one', async () => {
    const before = await ready();
    persons += 300;
    await upload(stage, 'platform', eventsId, eventsCsv(persons));
    const { counts } = await countPersons();
    expectCounts(counts, persons);
    await ready(before);
    expect(leftFiles()).toEqual([]);
    const { counts: again, path } = await countPersons();
    expectCounts(again, persons);
    expect(path?.path, 'one person over what is declared').toBe('planned');
  });

  it('is gone with its files before an erasure is done', async () => {
    const before = await ready();
    const erased = Array.from({ length: 200 }, (_, person) => `p${person}@example.com`);
    const identifiers = named('email', ...erased);
    const begun = await stage.as('platform').rights.erasePersons({ identifiers, requestId: randomUUID() });
    await awaitErasure(stage, 'platform', begun);
    persons -= erased.length;
    for (const { layoutId } of before) expect(layoutFiles().join()).not.toContain(layoutId);
    await ready(before);
    expectCounts((await countPersons()).counts, persons);
  });

  it('is gone when somebody has opted out', async () => {
    const before = await ready();
    const leaving = Array.from({ length: 200 }, (_, person) => `p${500 + person}@example.com`);
    await stage.as('platform').rights.optOut(named('email', ...leaving));
    persons -= leaving.length;
    await ready(before);
    for (const { layoutId } of before) expect(layoutFiles().join()).not.toContain(layoutId);
    const { counts, path } = await countPersons();
    expect(path?.path).toBe('planned');
    expectCounts(counts, persons);
  });

  it('with a changed bit fails one run, like any broken seal, and is made anew', async () => {
    const before = await ready();
    for (const path of layoutFiles()) flipLastBit(join(stage.dataDirectory, path));
    await expectRefused(countPersons(), 'RUN_FAILED');
    await ready(before.filter((l) => l.matchedTable === '' && l.form === 'core' && l.dimensions.length > 0));
    expect(stage.operatorLog()).toContain('a file of a layout is broken');
  });

  it('whose record has a changed bit fails no run, and is made anew', async () => {
    const before = await ready();
    using store = new DatabaseSync(join(stage.dataDirectory, 'control.sqlite'));
    store.exec('update layouts set details_sealed = zeroblob(length(details_sealed))');
    const { counts, path } = await countPersons();
    expect(path?.path).toBe('general');
    expectCounts(counts, persons);
    await ready(before);
  });

  it('goes on under a new key, and a check of what is sealed names a broken one', async () => {
    const before = await ready();
    await stage.end('SIGTERM');
    const bytesOf = () =>
      layoutFiles().map((path) => readFileSync(join(stage.dataDirectory, path)).subarray(HEADER_BYTES));
    const bytes = bytesOf();
    for (const words of [['rotate-dataset', eventsId], ['rotate-root'], ['check']]) {
      expect(await keys(...words)).toMatchObject({ status: 0 });
    }
    expect(bytesOf().every((now, index) => bytes[index]?.equals(now))).toBe(true);
    const [path = ''] = layoutFiles();
    flipLastBit(join(stage.dataDirectory, path));
    expect(await keys('check')).toMatchObject({ status: 1, out: expect.stringContaining(`${path}: broken`) });
    flipLastBit(join(stage.dataDirectory, path));
    await stage.start({ layout: { minRows: 0 } });
    expect((await countPersons()).path?.path).toBe('planned');
    expect((await ready()).map((l) => l.layoutId)).toEqual(before.map((l) => l.layoutId));
  });

  it('is made again where a backup was put back without layouts, or with a file too few', async () => {
    const before = await ready();
    await stage.end('SIGTERM');
    const [kept = '', ...others] = layoutFiles();
    for (const path of others) rmSync(join(stage.dataDirectory, path));
    expect(kept).not.toBe('');
    await stage.start({ layout: { minRows: 0 } });
    await ready(before);
  });

  it('that was half made is swept after a crash, and no question waits for it', async () => {
    await upload(stage, 'platform', eventsId, eventsCsv(persons));
    await vi.waitFor(
      () => {
        if (leftFiles().length + storedRows(stage.dataDirectory, MAKING).length === 0) throw new Error('not begun');
      },
      { timeout: 120_000, interval: 5 },
    );
    await restart('SIGKILL', { minRows: Number.MAX_SAFE_INTEGER });
    expect(storedRows(stage.dataDirectory, MAKING)).toEqual([]);
    // The first look may be at it: what it removes is unnamed before its files are gone.
    await vi.waitFor(() => expect(leftFiles()).toEqual([]), { timeout: 60_000, interval: 100 });
    // What is whole is not wanted any more, and goes with the first look.
    await vi.waitFor(() => expect(layoutFiles()).toEqual([]), { timeout: 60_000, interval: 100 });
    const { counts, path } = await countPersons();
    expect(path?.path).toBe('general');
    expect(counts).toHaveLength(CATEGORIES.length);
  });
});

/** Bytes of a sealed file's header: the only ones that a rotation may write. */
const HEADER_BYTES = 8_192;
const serverMain = new URL('../../api/main.ts', import.meta.url).pathname;

/** Runs `galley-server keys` on the data directory. */
function keys(...words: readonly string[]): Promise<{ status: number; out: string }> {
  const line = [serverMain, 'keys', ...words, '--data', stage.dataDirectory];
  return new Promise((resolve) => {
    execFile(process.execPath, line, (failure, out) =>
      resolve({ status: failure === null ? 0 : Number(failure.code), out }),
    );
  });
}

const MAKING = "select layout_id from layouts where state = 'making'";

function flipLastBit(path: string): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(path, bytes);
}
