// What a layout is made of may change while it is made. The half-made one is given up; nothing of it is found, then or
// later. The process that makes it is stopped where it stands, so that it is half made for as long as a test likes.
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { storedRows } from '../proof/opened-disk.ts';
import { named } from '../support/demanded-rights.ts';
import { filesBelow } from '../support/service-files.ts';
import { ask } from '../support/service-questions.ts';
import { mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, upload } from '../support/service-table.ts';
import { kill, stop, untilGone } from '../support/service-workers.ts';

// Tables are laid out in the background, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const PATIENCE = { timeout: 120_000, interval: 5 };
const CATEGORIES = ['books', 'shoes'];
/** Of counts at the epsilon of these questions; it fails by chance once in a million runs. */
const NOISE_PERSONS = 60;
/** More than that: whoever is counted twice, or not at all, shows. */
const CHANGE_PERSONS = 300;
const RULES = {
  measures: {},
  filters: [],
  audience: null,
  rowsPerPerson: CATEGORIES.length,
  maxGroupsPerPerson: CATEGORIES.length,
  groupKeys: { category: { values: CATEGORIES } },
};

const emailOf = (person: number) => `p${person}@example.com`;
const csvOf = (persons: number) =>
  ['email,category', ...Array.from({ length: persons }, (_, p) => CATEGORIES.map((c) => `${emailOf(p)},${c}`))]
    .flat()
    .join('\n');

let stage: ServiceStage;
let collaborationId: string;
let datasetId: string;
let stopped: readonly number[] = [];

beforeAll(async () => {
  stage = await ServiceStage.open({ layout: { minRows: 0 } });
  collaborationId = await agree(stage);
  ({ datasetId } = await createDataset(stage, 'platform', ['email:email', 'category:text']));
  const binding = { collaborationId, datasetId, alias: 'visits', rulesJson: mailingsRules(RULES) };
  await stage.as('platform').collaborations.bind(binding);
});
afterEach(() => {
  kill(stopped);
  stopped = [];
});
afterAll(() => stage[Symbol.asyncDispose]());

/**
 * What makes layouts: beside uploads, none of which is under way, the only worker that is started without an engine. It
 * has one when it is at work; one that has not is still everybody's, and is left to whoever comes next.
 */
const makers = () =>
  stage.service.workers().filter((pid) => {
    const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'latin1');
    try {
      return read('cmdline').includes('cold-engine') && read('maps').includes('duckdb');
    } catch {
      return false;
    }
  });
const idsOf = (state: string) =>
  storedRows(stage.dataDirectory, `select layout_id from layouts where state = '${state}'`).map((row) =>
    String(row.layout_id),
  );

/** Publishes rows of so many persons, and stops the making of their layouts on its way. */
async function halfMade(persons: number): Promise<readonly string[]> {
  await upload(stage, 'platform', datasetId, csvOf(persons));
  return await vi.waitFor(() => {
    const [making, found] = [idsOf('making'), makers()];
    if (making.length === 0 || found.length !== 1) throw new Error('not begun', { cause: stage.operatorLog() });
    stop(found);
    stopped = found;
    return making;
  }, PATIENCE);
}

/** Waits until a making is given up. It cannot have come to its end, as what makes it has stood still. */
async function expectGivenUp(ids: readonly string[]): Promise<void> {
  expect(ids.length).toBeGreaterThan(0);
  for (const pid of stopped) await untilGone(pid);
  await vi.waitFor(() => expect(leftOf(ids)).toEqual([]), PATIENCE);
}

const leftOf = (ids: readonly string[]) => {
  const files = filesBelow(stage.dataDirectory).filter((path) => path.startsWith('layouts/'));
  return [...idsOf('making'), ...idsOf('ready'), ...files].filter((name) => ids.some((id) => name.includes(id)));
};

let asked = 0;
/** Persons of each category, and the way they were counted; no question is asked twice. */
async function count(): Promise<{ readonly persons: readonly number[]; readonly path: string | undefined }> {
  asked += 1;
  const sql = 'select category, count(distinct email) as n from jiufang.visits group by category order by category';
  const { query, rows } = await ask(stage, 'platform', collaborationId, sql, { epsilon: 1.5 + asked / 1_000 });
  const paths = await stage.as('platform').datasets.countingPaths(datasetId);
  const path = paths.find(({ queryId }) => queryId === query.queryId)?.path;
  return { persons: rows.map((row) => Number(row.n)), path };
}

function expectPersons(counted: readonly number[], persons: number): void {
  expect(counted).toHaveLength(CATEGORIES.length);
  for (const one of counted) expect(Math.abs(one - persons)).toBeLessThan(NOISE_PERSONS);
}

/** The new ones are made of what is there now, and nothing of the old ones is beside them. */
async function expectMadeAnew(ids: readonly string[], persons: number): Promise<void> {
  await vi.waitFor(() => {
    const isReady = idsOf('ready').length > 0 && idsOf('making').length === 0;
    if (!isReady) throw new Error('not ready', { cause: stage.operatorLog() });
  }, PATIENCE);
  expect(leftOf(ids)).toEqual([]);
  const counted = await count();
  expect(counted.path).toBe('planned');
  expectPersons(counted.persons, persons);
}

describe('layouts that are half made', () => {
  let persons = 1_000;

  it('are given up when a publication replaces their rows', async () => {
    const ids = await halfMade(persons);
    persons += CHANGE_PERSONS;
    await upload(stage, 'platform', datasetId, csvOf(persons));
    const meanwhile = await count();
    expect(meanwhile.path).toBe('general');
    expectPersons(meanwhile.persons, persons);
    await expectGivenUp(ids);
    await expectMadeAnew(ids, persons);
  });

  it('are given up when rules want others', async () => {
    persons += 1;
    const ids = await halfMade(persons);
    const rulesJson = mailingsRules({ ...RULES, rowsPerPerson: CATEGORIES.length + 1 });
    await stage.as('platform').collaborations.setRules({ collaborationId, alias: 'visits', rulesJson });
    await expectGivenUp(ids);
    await expectMadeAnew(ids, persons);
  });

  it('are given up when some of their persons opt out', async () => {
    persons += 1;
    const ids = await halfMade(persons);
    const leaving = Array.from({ length: CHANGE_PERSONS }, (_, person) => emailOf(person));
    await stage.as('platform').rights.optOut(named('email', ...leaving));
    persons -= leaving.length;
    const meanwhile = await count();
    expect(meanwhile.path).toBe('general');
    expectPersons(meanwhile.persons, persons);
    await expectGivenUp(ids);
    await expectMadeAnew(ids, persons);
  });
});
